"""The tests marked ``gpu``: what the device computes agrees with the processor in float32."""

import re
import subprocess
import sys

from benchmarks.gpu.findings import Report


def main() -> None:
    """Run them and count."""
    report = Report("agreement")
    command = [sys.executable, "-m", "pytest", "-m", "gpu", "tests/gpu", "-n", "0", "-rfE"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    print(done.stdout[-6000:], done.stderr[-2000:])
    counts = {
        word: int(number)
        for number, word in re.findall(r"(\d+) (passed|failed|error|skipped)", done.stdout)
    }
    for line in done.stdout.splitlines():
        if line.startswith(("FAILED ", "ERROR ")):
            report.add("test", note=line[:300])
    fine = done.returncode == 0 and not counts.get("skipped")
    note = ", ".join(f"{count} {word}" for word, count in counts.items()) or done.stdout[-300:]
    report.require(
        "tests marked gpu", fine, value=counts.get("passed", 0), unit="passed", note=note
    )


if __name__ == "__main__":
    main()
