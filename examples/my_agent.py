"""Train on every raw source alone, then finish with the best: ``python examples/my_agent.py``."""

import ftdojo

DATA = """import json, os
with open(f"{os.environ['FTDOJO_DATA']}/{NAME}.jsonl") as raw, open("train.jsonl", "w") as out:
    for row in map(json.loads, list(raw)[:200]):
        prompt = TEMPLATE.replace("{question}", row[PROMPT])
        out.write(json.dumps({"system": SYSTEM, "prompt": prompt, "completion": row[RESPONSE]}) + "\\n")
"""


class MyAgent:
    name = "my-agent"

    def __init__(self, seed=0): ...

    def act(self, seen):
        if len(seen.experiments) == len(seen.sources):
            return ftdojo.Finish(experiment=seen.best)
        card, task = seen.sources[len(seen.experiments)], seen.task
        facts = [card.name, card.prompt_field, card.response_field, task.system, task.template]
        data = f"NAME, PROMPT, RESPONSE, SYSTEM, TEMPLATE = {facts!r}\n{DATA}"
        plan, train = f"What 200 rows of {card.name} alone teach.", "learning_rate: 1e-3"
        return ftdojo.Train(submission=ftdojo.Submission(plan=plan, data=data, train=train))


if __name__ == "__main__":
    with ftdojo.make("math/mini", model="tiny", budget="3m") as dojo:
        print("gain on the test:", ftdojo.play(MyAgent(), dojo).reward)
