"""The toy task with a published evaluator that asks a language model about what its rule calls wrong."""

from dataclasses import replace

import ftdojo_toy

from ftdojo.records import Judge, Message, Replication

task = replace(
    ftdojo_toy.task,
    name="toy/judged",
    replication=Replication(
        mark=lambda output, item: {"correct": output.strip() == item.gold},
        total=lambda marks: {"accuracy": 100 * sum(m["correct"] for m in marks) / len(marks)},
        origin="toys",
        judge=Judge(
            asks=lambda output, item: (Message(role="user", content=f"{item.id}: {output}"),),
            accepts=lambda reply: reply == "CORRECT",
        ),
    ),
)
