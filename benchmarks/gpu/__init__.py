"""What a GPU machine has to show: ``python -m benchmarks.gpu``, or ``scripts/gpu_check.sh`` on a bare one."""
