"""The fixed words of the PAR4PC prompts."""

HEAD = """You are a patent expert tasked with identifying cited patents for a specific claim rejection based *only* on the provided context and options.

**Context:**
*   **Application Number:** {application}
*   **Title:** {title}
*   **Abstract:** {abstract}
*   **Initial Claims:**
    {claims}

**Target Claim for Analysis:** Claim {number}

**Options (Potential Cited Patents):**
"""
OPTION = """
{letter}: Patent ID: {patent_id}
   Title: {title}
   Abstract: {abstract}
   Claims: {claims}
"""
TAILS = {
    "zero-shot": """
Based only on the provided context and options, which patent(s) (A-H) were cited?
Answer format (JSON only):
```json
{"answer": "A"}
```
If multiple patents are cited:
```json
{"answer": ["A","C","F"]}
```
""",
    "cot": """
**Step-by-Step Instruction**
*Apply the Broadest Reasonable Interpretation (BRI) standard.*

1. **BRI Claim Charting**
   • Decompose Claim {number} into numbered limitations [L1]-[Ln] and record element : function/relationship.

2. **Core Inventive Concept & Problem**
   • Summarise in ≤ 20 words the inventive concept + technical problem.

3. **Single-Reference Screening (§102)**
   • For each option (A-H) rate coverage:
     | Opt | Maps limits | Term/synonym | Field match | Score* |
     |-----|------------|---------------|-------------|--------|
     *Score: 0 = no key feature, 1 = partial, 2 = full anticipation.*

4. **Multi-Reference Analysis (§103)**
   a. Pick options with Score ≥ 1.
   b. Build coverage matrix to find smallest combo covering all limits.
   c. For each viable combo, supply a motivation-to-combine (same field, complementary function, predictable substitution, etc.).
   d. Rank: full coverage → clear motivation → earliest primary art.

5. **Consistency & Inherency Check**
   • Reject art that contradicts any limitation; accept inherent feature only if necessarily present.

6. **Output (JSON only)**
    Always write the "reason" **first** and then write the "answer".
   • "reason" MUST include:
     Step1 <claim focus>; Step2 <mapping & motivation> ; Step3 <§102 or §103>.
   • Keep "reason" ≤ 200 words.
   • "answer" = single letter **or** list of letters.

```json
{"reason":"Step1 ... ; Step2 ... ; Step3 ...", "answer":"A"}
```
If multiple patents are cited:
```json
{"reason":"Step1 ... ; Step2 ... ; Step3 ...", "answer": ["A","C","F"]}
```
""",
}
