"""The machines of HF Jobs as the Hub lists them. The fields are the real ones, the prices are invented."""

from __future__ import annotations

from typing import Any


def hardware() -> list[dict[str, Any]]:
    """What `/api/jobs/hardware` answers."""
    return [
        _machine("cpu-basic", "CPU Basic", None, 1, 0.0002),
        _machine("t4-small", "Nvidia T4 - small", "T4", 1, 0.01),
        _machine("t4-medium", "Nvidia T4 - medium", "T4", 1, 0.02),
        _machine("a10g-largex2", "2x Nvidia A10G - large", "A10G", 2, 0.1),
        _machine("a100-large", "Nvidia A100 - large", "A100", 1, 0.05),
        {"name": "broken"},
    ]


def _machine(name: str, label: str, gpu: str | None, count: int, per_minute: float) -> dict[str, Any]:
    accelerator = {"type": "gpu", "model": gpu, "quantity": str(count), "vram": "16 GB", "manufacturer": "Nvidia"}
    return {
        "name": name,
        "prettyName": label,
        "cpu": "4 vCPU",
        "ram": "15 GB",
        "ephemeralStorage": "50 GB",
        "accelerator": accelerator if gpu else None,
        "unitCostMicroUSD": round(per_minute * 1e6),
        "unitCostUSD": per_minute,
        "unitLabel": "minute",
    }
