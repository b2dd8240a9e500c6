"""The fixed words of the PI4PC prompts."""

HEAD = """You are an expert patent examiner reviewing a patent application.
Your task is to identify the **single most relevant paragraph** from the provided Prior Art Specification that is cited to reject Claim {number} of the Target Application ({application}).

**Target Application Context:**
* **Title:** {title}
* **Abstract:** {abstract}
* **Claim {number}:** {claim}

**Prior Art Specification Context:**
* **Patent ID:** {patent_id}
* **Title:** {art_title}
* **Abstract:** {art_abstract}
* **Full Specification Text:**
{specification}

* **Cited Paragraph Options (Excerpts from the Full Specification above):**
Review the following paragraphs, which are excerpts from the full specification provided above. Choose the **one paragraph key (integer)** from the list below that best supports the rejection of Claim {number}.

Options:
{options}

**CRITICAL INSTRUCTION:**
Based on your analysis of the **Full Specification Text** and the **Target Application Claim {number}**, you **MUST** select **EXACTLY ONE** integer key from the **5 options** provided above.
Under no circumstances should you choose a key not present in the options or provide multiple keys, ranges, reasoning, or explanations.
"""
TAILS = {
    "zero-shot": """
Answer format (JSON only)
Return ONLY this JSON object - DO NOT INCLUDE ANY REASON IN THE ANSWER.
```json
{"answer": ##}
```
""",
    "cot": """
**Step-by-Step Method**
*Use the Broadest-Reasonable-Interpretation (BRI) standard throughout.*

1.  **BRI Claim Deconstruction**
    • Break the claim {number} into **numbered limitations** (e.g., [1A]-[1F]).
    • Write each limitation in examiner-style "element : function / relationship" form.
    • Try to include as much of the claim as possible.

2.  **Key Distinguishing Feature(s)**
    • Identify which limitation(s) the applicant asserts as novel / non-obvious.
    • List all the features that should be considered when evaluating novelty and non-obviousness.

3.  **Prior-Art Mapping Table (one table per option paragraph)**
    • For each of the five option paragraphs, provide a detailed mapping to Claim {number} elements.
    • Use the table format to score the degree of overlap between each option paragraph and the claim limitations.
    • IMPORTANT: **Do not skip any options** — evaluate all five paragraphs.
    | Opt# | Maps to elements | Exact term / BRI synonym | Col-Line (or ¶) | Match score* |
    |------|-----------------|--------------------------|-----------------|-------------|
    |  ##  |                 |                          |                 |             |
    *Scoring: 0 = missing, 1 = mention, 2 = partial, 3 = full & explicit.*

4.  **Select the Most Relevant Paragraph for Patentability Evaluation**
    • Your goal is to identify exactly ONE paragraph most relevant to evaluate the novelty/non-obviousness of the applicant's claimed invention.
    • Select exactly one paragraph based on its relevance to the novelty or non-obviousness of the Key Distinguishing Features (KD-x) in Claim {number}.
    • Do not select multiple keys or provide general reasoning.
    • Focus on technical relevance, improvements, and system integration when selecting your paragraph.
    Selection Criteria:
    • Consider paragraphs that scored ≥ 1 points in Step 3.
    • Technical Objectives: Does the paragraph directly support the technical objectives of the Claim?
    • Prior Art Improvements: Does the paragraph present innovative improvements to existing systems?
    • System Integration: Does the paragraph explain how elements integrate with each other?
    • Motivation to Combine: Does the paragraph offer a motivational context for combining features?

5. **Consistency & Inherency Check**
   • Verify the selected paragraph does not contradict any claim limitation.

6. **Output (JSON only)**
    Always write the "reason" first and then write the "answer".
   • 'reason' MUST list Step1-Step6 in order, each separated by ';'.
   • Keep "reason" ≤ 1000 words.
   • "answer" = single paragraph key (int).

```json
{"reason":"Step1 ... ; Step2 ... ; Step3 ... ; Step4 ...; Step5 ...; Step6 ...","answer": 17}
```
""",
}
