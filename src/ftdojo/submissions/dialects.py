"""Names that other tools, older versions and habit give to training options, and what each is called here.

One table, so that a config written for LLaMA-Factory, axolotl or an older transformers is answered with the right
name or with the reason why there is none.
"""

import difflib
from collections.abc import Iterable

from ftdojo.submissions.texts import short

_RENAMED = {
    "objective": ("rl", "stage", "trainer_type", "training_objective"),
    "beta": ("dpo_beta", "pref_beta", "rl_beta", "orpo_alpha"),
    "loss_type": ("pref_loss", "dpo_loss_type"),
    "rpo_alpha": ("pref_ftx", "dpo_ftx"),
    "label_smoothing": ("dpo_label_smoothing",),
    "r": ("lora_r", "lora_rank", "rank"),
    "lora_alpha": ("alpha",),
    "lora_dropout": ("dropout",),
    "target_modules": ("lora_target", "lora_target_modules", "lora_modules"),
    "layers_to_transform": ("lora_layers_to_transform",),
    "use_rslora": ("rslora", "peft_use_rslora"),
    "use_dora": ("dora", "peft_use_dora"),
    "start_from": (
        "adapter_name_or_path",
        "init_from",
        "warm_start",
        "continue_from",
        "lora_weights",
    ),
    "method": ("finetuning_type", "adapter", "peft_type", "training_type", "peft_method"),
    "learning_rate": ("lr", "base_lr", "peak_lr", "max_lr"),
    "lr_scheduler_type": ("lr_scheduler", "scheduler", "lr_schedule", "schedule"),
    "num_train_epochs": ("epochs", "num_epochs", "n_epochs", "train_epochs"),
    "max_steps": ("steps", "num_steps", "num_train_steps", "total_steps", "iters"),
    "per_device_train_batch_size": (
        "batch_size",
        "micro_batch_size",
        "train_batch_size",
        "per_device_batch_size",
        "per_gpu_train_batch_size",
    ),
    "gradient_accumulation_steps": ("grad_accum", "gradient_accumulation", "accumulation_steps"),
    "max_grad_norm": ("grad_clip", "gradient_clipping", "clip_grad_norm", "gradient_clip_val"),
    "adam_beta1": ("beta1",),
    "adam_beta2": ("beta2",),
    "adam_epsilon": ("eps", "adam_eps", "optim_eps"),
    "optim": ("optimizer",),
    "max_length": (
        "max_seq_length",
        "max_seq_len",
        "cutoff_len",
        "sequence_len",
        "seq_length",
        "seq_len",
        "model_max_length",
        "block_size",
    ),
    "packing": ("sample_packing", "pack"),
    "neftune_noise_alpha": ("neftune", "neft_alpha", "neft_noise_alpha"),
    "gradient_checkpointing": ("use_gradient_checkpointing", "activation_checkpointing"),
    "seed": ("random_seed", "random_state"),
    "eval_share": (
        "val_size",
        "val_set_size",
        "test_size",
        "eval_split",
        "validation_split",
        "eval_ratio",
    ),
    "early_stopping_patience": ("patience",),
    "early_stopping_threshold": ("min_delta",),
}
_REPLACED = {
    "warmup_ratio": "is gone, write warmup_steps as a share below 1, such as 0.03",
    "warmup_share": "is unknown, write warmup_steps as a share below 1, such as 0.03",
    "assistant_only_loss": "is not offered, completion_only_loss puts the loss on the last answer",
    "train_on_inputs": "is axolotl's, write completion_only_loss: false to train on whole rows",
    "train_on_prompt": "is LLaMA-Factory's, write completion_only_loss: false to train on whole rows",
    "resume_from_checkpoint": "is the dojo's own: a killed training goes on by itself; write start_from to train on from an "
    "experiment's weights",
    "mask_prompt": "is unknown, completion_only_loss: true does it",
    "loss_weights": "is unknown, write rpo_alpha for the weight of the chosen answers' own loss",
    "effective_batch_size": "is unknown, write per_device_train_batch_size and gradient_accumulation_steps",
    "peft_config": "is unknown, write its fields (r, lora_alpha, ...) at the top level",
    "lora": "is unknown, write its fields (r, lora_alpha, ...) at the top level",
    "lora_config": "is unknown, write its fields (r, lora_alpha, ...) at the top level",
    "use_lora": "is unknown, write method: lora or method: full",
    "use_peft": "is of TRL's scripts, write method: lora for true and method: full for false",
    "early_stopping": "is unknown, write early_stopping_patience and eval_share",
    "freeze_trainable_layers": "is LLaMA-Factory's, write method: lora with layers_to_transform",
}
_DOJOS_OWN = {
    "the dojo chooses the precision": (
        "fp16 bf16 tf32 pure_bf16 dtype torch_dtype mixed_precision precision half load_in_4bit load_in_8bit "
        "quantization_bit quantization_config use_qlora qlora bits"
    ),
    "the dojo decides where things are kept and what is logged": (
        "output_dir overwrite_output_dir logging_dir logging_steps logging_strategy logging_first_step "
        "report_to run_name save_steps save_strategy save_total_limit save_safetensors save_only_model push_to_hub "
        "hub_model_id hub_token wandb_project plot_loss disable_tqdm log_level"
    ),
    "the dojo knows the base model": (
        "model model_name model_name_or_path base_model tokenizer tokenizer_name trust_remote_code "
        "model_type revision task_type"
    ),
    "the rows come from data.py, through the model's own chat template": (
        "dataset datasets dataset_dir dataset_path data_path train_file dataset_text_field template chat_template "
        "max_samples dataset_num_proc preprocessing_num_workers remove_unused_columns input_output_format"
    ),
    "the dojo decides when to evaluate, eval_share keeps rows back and eval_steps sets how often": (
        "evaluation_strategy eval_strategy do_eval do_train do_predict per_device_eval_batch_size "
        "load_best_model_at_end metric_for_best_model greater_is_better eval_accumulation_steps"
    ),
    "only sft, dpo and orpo are trained here, none of which needs one": "reward_model ref_model",
    "the weights before training are the reference": (
        "sync_ref_model ref_model_mixup_alpha ref_model_sync_steps precompute_ref_log_probs reference_free"
    ),
    "the dojo fits training to the machine": (
        "deepspeed fsdp ddp_find_unused_parameters dataloader_num_workers dataloader_pin_memory group_by_length "
        "train_sampling_strategy torch_compile use_cpu no_cuda device device_map local_rank flash_attn "
        "flash_attention attn_implementation use_liger_kernel use_cache auto_find_batch_size dataloader_drop_last "
        "use_unsloth gradient_checkpointing_kwargs"
    ),
    "only the plain form is offered": (
        "bias lora_bias modules_to_save rank_pattern alpha_pattern init_lora_weights layers_pattern exclude_modules "
        "label_smoothing_factor lr_scheduler_kwargs optim_args loraplus_lr_ratio padding_free packing_strategy "
        "fan_in_fan_out inference_mode use_pissa"
    ),
}
IGNORED = frozenset(
    [
        "logging_dir",
        "logging_steps",
        "logging_strategy",
        "logging_first_step",
        "report_to",
        "run_name",
        "log_level",
        "disable_tqdm",
        "plot_loss",
    ]
)
"""Options that decide what is shown of a training and nothing else: passed over with a remark."""
RENAMED = {other: name for name, others in _RENAMED.items() for other in others}
DROPPED = {name: why for why, names in _DOJOS_OWN.items() for name in names.split()}


def about_unknown(name: str, known: Iterable[str]) -> str:
    """Return one clause on an option that is not known: its right name, the reason it is gone, or the nearest name.

    Example:
        >>> about_unknown("cutoff_len", ["max_length"])
        'cutoff_len is called max_length here'
    """
    key = name.lower().replace("-", "_")
    if key in RENAMED:
        return f"{name} is called {RENAMED[key]} here"
    if key in _REPLACED:
        return f"{name} {_REPLACED[key]}"
    if key in DROPPED:
        return f"leave out {name}: {DROPPED[key]}"
    return nearest(name, known)


def nearest(name: str, known: Iterable[str]) -> str:
    """Return one clause on an unknown key, with the known one that looks most like it.

    Example:
        >>> nearest("learning_rte", ["learning_rate", "r"])
        "'learning_rte' is unknown, the nearest is learning_rate"
    """
    known = list(known)
    close = difflib.get_close_matches(name.lower()[:80], known, n=1, cutoff=0.6)
    if close:
        return f"{short(name)} is unknown, the nearest is {close[0]}"
    return f"{short(name)} is unknown, leave it out"
