"""Start the server by hand: `python -m tests.hub_server [--port P]`."""

from __future__ import annotations

import argparse
import threading

from . import access
from .server import HubServer


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.hub_server", description=__doc__)
    parser.add_argument("--port", type=int, default=8899, help="0 takes a free one (default: 8899)")
    with HubServer(port=parser.parse_args().port) as hub:
        print(
            f"""A Hub on loopback, with {len(hub.store.listed("models", access.GOOD_TOKEN))} models.

  export HF_ENDPOINT={hub.url} HF_HUB_DISABLE_TELEMETRY=1     (before Python imports huggingface_hub)
  curl '{hub.url}/api/models?search=qwen&limit=3'
  curl -L {hub.url}/Qwen/Qwen2.5-0.5B/resolve/main/config.json

Tokens (HF_TOKEN=...):
  {access.GOOD_TOKEN}                 has access to all
  {access.NO_ACCESS_TOKEN}          has not accepted any terms
  {access.PENDING_TOKEN}            waits for the authors' review
  {access.FINE_GRAINED_TOKEN}  may not read gated repositories
  {access.BAD_TOKEN}                   was revoked: everything is 401

Stop with Ctrl-C.""",
            flush=True,
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print()


if __name__ == "__main__":
    main()
