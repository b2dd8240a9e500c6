"""The fixed words of the NOC4PC prompts."""

HEAD = """You are an expert AI acting as a U.S. Patent Examiner.
Your task is to analyze **Target Claim {number}** of the **Target Patent Application** in view of the provided **Prior Art Specifications**.

Determine if **Target Claim {number}** is allowable or should be rejected under 35 U.S.C. § 102 (lack of novelty) or 35 U.S.C. § 103 (obviousness).

**Target Patent Application Information:**
*   Application Number: {application}
*   Target Claim Number: {number}
*   Title: {title}
*   Abstract: {abstract}
*   Target Claim {number} Text to Analyze:
    ```
    {claim}
    ```

**Prior Art Specifications (Cited as Basis for Potential Rejection):**
The following prior art documents and specific paragraphs were cited as potentially relevant for the rejection of the target claim. Analyze the target claim against the information presented in these specific paragraphs **and the claims** of the prior art.
"""
ART = """
--- Prior Art #{place} ---
*   Patent ID: {patent_id}
*   Title: {title}
*   Abstract: {abstract}
*   Claims:
{claims}*   Cited Paragraphs from Specification (Basis for Analysis):
{paragraphs}"""
NO_ART = "No prior art specifications provided for analysis.\n"
NO_CLAIMS = "    (No claims provided for this prior art)\n"
NO_PARAGRAPHS = "    (No specific paragraphs cited for this prior art)\n"
TAILS = {
    "zero-shot": """
**Select Conclusion Code**
Choose one: "ALLOW", "102", or "103".
    *   `"ALLOW"`: If your reasoning concluded the claim is novel and non-obvious over the cited art.
    *   `"102"` (Rejected - Novelty): If your reasoning concluded the claim is anticipated by a single cited reference.
    *   `"103"` (Rejected - Obviousness): If your reasoning concluded the claim is obvious over the cited art.

**Answer Format (JSON only)**
Return ONLY this JSON object - DO NOT INCLUDE ANY REASON IN THE ANSWER.

```json
{"code": "102"}
```
""",
    "cot": """
**Analysis Task and Response Instructions:**

Perform your internal reasoning first, then draft the *Office-Action-style* text.

---

### INTERNAL REASONING (not shown to applicant)
1. Apply the Broadest-Reasonable-Interpretation (BRI) to Claim {number}; chart every limitation [L1]-[Ln].
   1-a. *Statutory check* - confirm Claim{number} fits a statutory class (process, machine, manufacture, composition).
   1-b. *Limitation numbering*-  break the claim into [L1]-[Ln] and record in "element : function / relationship" form.
   1-c. *Key-feature flag* - mark limitations asserted (or apparent) as novel / non-obvious.
2. Compare each limitation to the teachings (claims + cited paragraphs) of every prior-art reference.
3. Decide:
   • §102 anticipation if a single reference explicitly, implicitly, or inherently discloses each and every limitation.
        Under BRI, interpret broadly: functional equivalence or conventional components (processors, databases, modules, memory, standard network elements, known protocols, etc.) count as implicit disclosures.
    • §103 obviousness if any of the following apply:
        (a) A primary reference discloses at least 70% of the limitations explicitly or implicitly, and remaining limitations constitute routine modifications, predictable optimizations (e.g., efficiency, speed, cost reduction, miniaturization), or standard practices known to a person of ordinary skill in the field.
        (b) A combination of references collectively covers all limitations and demonstrates a clear, implicit or explicit KSR rationale, such as addressing the same technical problem, improving performance, enhancing usability, or following common industry practices.
        (c) The limitations not explicitly disclosed are obvious through common general knowledge or widely recognized industry standards or textbooks in the field.
    • ALLOW Only if:
    No single reference or combination of references, even considering implicit disclosures and general knowledge, discloses or renders obvious specific, detailed implementation aspects (unique structures, algorithmic specifics, or non-trivial process steps), AND
    No reasonable motivation or rationale (performance improvement, standard practice, or known solution) can be objectively articulated to bridge these gaps.

---

### DRAFT OA LANGUAGE (will be revealed)
Write the *reason* paragraph exactly like an Office Action:

* Start: **"Regarding Claim {number}, ..."**
* Use examiner diction:
  - "Reference X (Col. Y, lines Z) discloses ..."
  - "Therefore, Claim {number} is rejected under 35 U.S.C. § 102(a) as being anticipated by Reference X."
  - or "It would have been obvious to one of ordinary skill to modify X with Y (same field, predictable results) ... ⇒ § 103 rejection."
  - or "The cited references do not teach or render obvious limitation [Lk] ... Claim {number} is allowable."

* If § 103, list **all** references in the combination (e.g., "in view of Smith '123").
* Cite at least one column-line or paragraph for each matched limitation.
* Keep length ≤ 200 words.

---

### OUTPUT (JSON only)
Always write the "reason" first and then write the "answer".
Return exactly one JSON object:

```json
{
  "reason": "<OA-style paragraph above>",
  "code": "102" | "103" | "ALLOW"
}
```
""",
}
