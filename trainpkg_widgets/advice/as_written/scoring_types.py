"""The model types that transformers 5.23.0 has a class with a score for (AutoModelForSequenceClassification)."""

from __future__ import annotations

# fmt: off
# ruff: noqa: SIM905 - a list would take a line for each name
SCORING = frozenset("""
albert arcee axk1 axk2 bart bert big_bird bigbird_pegasus biogpt bloom camembert canine cohere_compass_text convbert
ctrl data2vec-text deberta deberta-v2 deepseek_v2 deepseek_v3 diffllama distilbert doge electra ernie esm esmc
eurobert exaone4 falcon flaubert fnet funnel gemma gemma2 gemma3 gemma3_text glm glm4 gpt-sw3 gpt2 gpt_bigcode gpt_neo
gpt_neox gpt_oss gptj gte helium hunyuan_v1_dense hunyuan_v1_moe ibert jamba jetmoe jina_embeddings_v3 layoutlm
layoutlmv2 layoutlmv3 lilt llama longformer luke markuplm mbart megatron-bert minicpm3 minimax ministral ministral3
mistral mistral4 mixtral mobilebert modernbert modernbert-decoder modernvbert mpnet mpt mra mt5 mvp nemotron
nomic_bert nystromformer olmo olmo2 olmo3 openai-gpt opt perceiver persimmon phi phi3 phimoe plbart qwen2 qwen2_moe
qwen3 qwen3_5 qwen3_5_text qwen3_moe qwen3_next reformer rembert roberta roberta-prelayernorm roc_bert roformer
seed_oss smollm3 squeezebert stablelm starcoder2 t5 t5gemma t5gemma2 tapas ultrabert ultravbert umt5 xlm xlm-roberta
xlm-roberta-xl xlnet xmod yoso zamba zamba2
""".split())
