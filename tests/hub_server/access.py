"""Who may read what: the tokens this Hub knows, and what it tells the others."""

from __future__ import annotations

from .answers import Refusal
from .repository import Kind, Repository

# huggingface.js refuses a token that does not start with "hf_". These open nothing but this server.
GOOD_TOKEN = "hf_loopbackHasAccess"
NO_ACCESS_TOKEN = "hf_loopbackTermsNotAccepted"
PENDING_TOKEN = "hf_loopbackRequestPending"
FINE_GRAINED_TOKEN = "hf_loopbackFineGrainedWithoutGated"
BAD_TOKEN = "hf_loopbackRevoked"

KNOWN_TOKENS = {
    GOOD_TOKEN: "ada",
    NO_ACCESS_TOKEN: "bela",
    PENDING_TOKEN: "cyra",
    FINE_GRAINED_TOKEN: "dov",
}


def check_token(token: str | None) -> None:
    """A token that the Hub does not know spoils every request, of public repositories too."""
    if token is not None and token not in KNOWN_TOKENS:
        raise Refusal(401, "Invalid credentials in Authorization header")


def not_found(kind: Kind, token: str | None) -> Refusal:
    """A missing repository, or a private one of others: the Hub answers the two alike.

    Anonymous: a bare 401 with no X-Error-Code. With a token: 404.
    """
    if token is None:
        return Refusal(401, "Invalid username or password.")
    return Refusal(404, "Repository not found", "RepoNotFound")


def may_see(repository: Repository, token: str | None) -> bool:
    """Whether a repository is shown at all: a private one only to its owner."""
    return not repository.private or token == GOOD_TOKEN


def check_files(repository: Repository, token: str | None) -> None:
    """Files of a gated repository are for those who were let in; its metadata is for everyone."""
    if not repository.gate or token == GOOD_TOKEN:
        return
    what, name = repository.kind.removesuffix("s"), repository.id
    if token is None:
        message = (
            f"Access to {what} {name} is restricted. You must have access to it and be authenticated to access it. "
            "Please log in."
        )
        raise Refusal(401, message, "GatedRepo")
    if token == PENDING_TOKEN:
        message = f"Your request to access {what} {name} is awaiting a review from the repo authors."
    elif token == FINE_GRAINED_TOKEN:
        message = "Please enable access to public gated repositories in your fine-grained token settings."
    else:
        message = (
            f"Access to {what} {name} is restricted and you are not in the authorized list. "
            f"Visit https://huggingface.co/{name} to ask for access."
        )
    raise Refusal(403, message, "GatedRepo")


def check_enabled(repository: Repository) -> None:
    """A disabled repository answers 403 to its body and to its files (huggingface_hub errors.DisabledRepoError)."""
    if repository.disabled:
        raise Refusal(403, "Access to this resource is disabled.")


def whoami(token: str | None) -> dict[str, object]:
    """The body of /api/whoami-v2. Synthetic: its shape is the documented one."""
    if token is None:
        raise Refusal(401, "Invalid username or password.")
    name = KNOWN_TOKENS[token]
    fine_grained = token == FINE_GRAINED_TOKEN
    return {
        "type": "user",
        "id": f"{list(KNOWN_TOKENS).index(token):024x}",
        "name": name,
        "fullname": name.title(),
        "email": f"{name}@example.org",
        "emailVerified": True,
        "canPay": False,
        "isPro": False,
        "periodEnd": None,
        "avatarUrl": f"/avatars/{name}.svg",
        "orgs": [],
        "auth": {
            "type": "access_token",
            "accessToken": {
                "displayName": "loopback",
                "role": "fineGrained" if fine_grained else "read",
                "createdAt": "2026-01-01T00:00:00.000Z",
            },
        },
    }
