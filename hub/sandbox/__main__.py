"""Which command does `python -m hub.sandbox` run?"""

from __future__ import annotations

from hub.sandbox.command import sandbox_command

sandbox_command(prog_name="python -m hub.sandbox")
