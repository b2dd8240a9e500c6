"""What a person writes without ftdojo: TRL's SFTTrainer with LoRA on the same rows, for a given time, then ``generate``."""

import tempfile
import time
from pathlib import Path
from typing import Any


def trained_answers(
    rows: list[dict[str, Any]],
    prompts: list[list[dict[str, str]]],
    *,
    seconds: float,
    seed: int,
    cap: int,
) -> tuple[list[str], int]:
    """Train for ``seconds`` and return the answers to ``prompts``, and how many steps were taken.

    LoRA r 16 on all linear layers, learning rate 1e-3, batch 8, linear decay over five epochs: usual choices.
    """
    import torch
    from datasets import Dataset
    from peft import LoraConfig
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    from ftdojo.config import cache_dir
    from ftdojo.models import pull

    folder: Path = pull("smollm2-135m", cache=cache_dir()).path
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    class Stop(TrainerCallback):  # type: ignore[misc]
        def on_train_begin(self, *args: Any, **facts: Any) -> None:
            self.ends = time.monotonic() + seconds

        def on_step_end(self, args: Any, state: Any, control: Any, **facts: Any) -> Any:
            control.should_training_stop = time.monotonic() > self.ends
            return control

    config = SFTConfig(
        output_dir=tempfile.mkdtemp(prefix="ftdojo-trl-"),
        learning_rate=1e-3,
        num_train_epochs=5,
        per_device_train_batch_size=8,
        completion_only_loss=True,
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        seed=seed,
        bf16=False,
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = SFTTrainer(
        model=model,
        args=config,
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        peft_config=LoraConfig(
            r=16, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM"
        ),
        callbacks=[Stop()],
    )
    trainer.train()
    tuned = trainer.model.eval()
    answers = []
    for prompt in prompts:
        inputs = tokenizer.apply_chat_template(
            prompt, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        with torch.inference_mode():
            out = tuned.generate(**inputs, max_new_tokens=cap, do_sample=False)
        answers.append(
            tokenizer.decode(out[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
        )
    return answers, trainer.state.global_step
