"""A trainer of one's own: ``ftdojo run math/mini --model tiny --trainer plain_trainer:Plain``. A row a step, no frills."""

import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftdojo.records import LossPoint
from ftdojo.submissions import read_rows
from ftdojo.training.trainer import report_of


class Plain:
    def __init__(self, worker):
        self.worker = worker

    def identity(self):
        return ("plain", "1")

    def train(self, job, *, on_step):
        self.worker.close()  # it holds a second copy of the base
        torch.manual_seed(job.config.seed)
        tokenizer = AutoTokenizer.from_pretrained(job.base.path)
        base = AutoModelForCausalLM.from_pretrained(job.base.path, dtype=torch.float32)
        lora = LoraConfig(r=job.config.r, target_modules="all-linear", task_type="CAUSAL_LM")
        model, rate, curve = get_peft_model(base, lora), job.config.learning_rate, []
        sgd = torch.optim.SGD(model.parameters(), lr=rate)
        for step, row in enumerate(read_rows(job.rows, max_rows=10**6, max_row_bytes=2**20), 1):
            began, ids = time.monotonic(), tokenizer.apply_chat_template(row.messages)["input_ids"]
            inputs = torch.tensor([ids])
            loss = model(input_ids=inputs, labels=inputs).loss
            loss.backward()
            sgd.step()
            sgd.zero_grad()
            point = {"step": step, "loss": loss.item(), "learning_rate": rate, "grad_norm": 0.0}
            curve.append(LossPoint(**point, tokens=len(ids), seconds=time.monotonic() - began))
            on_step(curve[-1])
        model.save_pretrained(job.to)
        return report_of(curve, job, trainable_params=model.num_parameters(only_trainable=True))
