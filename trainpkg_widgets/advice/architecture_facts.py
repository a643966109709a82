"""What small random models of each type did, by `tools/survey_architectures.py`; not edited by hand."""

# fmt: off
# ruff: noqa: SIM905 - a list would take a line for each name

from __future__ import annotations

MEASURED_WITH = "transformers 5.23.0 and PEFT 0.21.2"

# Packed rows see one another: the logits of the second change with the first.
PACKING_LEAKS = frozenset("""
afmoe bert-generation biogpt bloom cpmant deepseek_v4 falcon falcon_mamba gpt_oss inkling2_text inkling_text
jamba lfm3 mamba mamba2 minimax mpt openai-gpt opt recurrent_gemma rwkv trocr xglm xlnet xlstm
""".split())

# Packed rows are refused where the package causal_conv1d is not installed.
PACKING_REFUSED = frozenset("""
bailing_hybrid bamba falcon_h1 granitemoehybrid kimi_linear nemotron_h olmo_hybrid qwen3_5_moe_text
qwen3_5_text qwen3_next zamba2
""".split())

# A row that is longer than the context stops the run, for there is no position for its end.
POSITIONS_END = frozenset("""
bert-generation biogpt codegen ctrl gpt-sw3 gpt2 gpt_bigcode gpt_neo gptj mpt openai-gpt opt trocr
""".split())

# PEFT refuses LoRA on every linear layer, for it refuses these two.
ALL_LINEAR_REFUSED = frozenset("falcon_h1 falcon_mamba mamba mamba2 nemotron_h".split())
REFUSED_LAYERS = ("out_proj", "conv1d")

# Model types, and the names of the layers that LoRA can be put on. Types with experts are left out: PEFT takes names
# for them that their modules do not have.
_LAYERS = {
    "modernbert-decoder": "Wi Wo decoder dense k_proj q_proj tok_embeddings v_proj",
    "ctrl": "Wk Wq Wv dense lm_head w",
    "mpt": "Wqkv down_proj lm_head out_proj up_proj wte",
    "olmo_hybrid": """
a_proj b_proj down_proj embed_tokens g_proj gate_proj k_proj lm_head o_proj q_proj up_proj v_proj
""",
    "cpmant": """
attention_out input_embedding lm_head project_k project_q project_v segment_embedding w_0 w_1 w_out
""",
    "openai-gpt": "c_attn c_fc c_proj lm_head positions_embed tokens_embed",
    "gpt-sw3 gpt2 gpt_bigcode": "c_attn c_fc c_proj lm_head wpe wte",
    "starcoder2": "c_fc c_proj embed_tokens k_proj lm_head o_proj q_proj v_proj",
    "gpt_neo": "c_fc c_proj k_proj lm_head out_proj q_proj v_proj wpe wte",
    "bert-generation": "decoder dense key position_embeddings query value word_embeddings",
    "gpt_neox_japanese": "dense dense_4h_to_h dense_h_to_4h embed_in embed_out query_key_value",
    "gpt_neox": "dense dense_4h_to_h dense_h_to_4h embed_in lm_head query_key_value",
    "persimmon": "dense dense_4h_to_h dense_h_to_4h embed_tokens lm_head query_key_value",
    "bloom falcon": "dense dense_4h_to_h dense_h_to_4h lm_head query_key_value word_embeddings",
    "phi": "dense embed_tokens fc1 fc2 k_proj lm_head q_proj v_proj",
    "doge": """
down_proj dt_proj embed_tokens gate_proj k_proj lm_head o_proj q_proj up_proj v_proj
""",
    "gemma4_text": """
down_proj embed_tokens embed_tokens_per_layer gate_proj k_proj lm_head o_proj per_layer_input_gate
per_layer_model_projection per_layer_projection q_proj up_proj v_proj
""",
    "falcon_h1": """
down_proj embed_tokens gate_proj in_proj k_proj lm_head o_proj out_proj q_proj up_proj v_proj
""",
    "bamba": "down_proj embed_tokens gate_proj in_proj lm_head out_proj up_proj",
    "qwen3_5_text": """
down_proj embed_tokens gate_proj in_proj_a in_proj_b in_proj_qkv in_proj_z k_proj lm_head o_proj out_proj
q_proj up_proj v_proj
""",
    "recurrent_gemma": """
down_proj embed_tokens gate_proj k_proj linear_out linear_x linear_y lm_head o_proj q_proj up_proj v_proj
""",
    """
bitnet cohere cohere2 cwm diffllama ernie4_5 exaone4 gemma gemma2 gemma3_text gemma4_unified_text granite
granite_swa helium hrm_text hunyuan_v1_dense hyperclovax internlm3 iquestcoder llama ministral ministral3
mistral olmo olmo2 olmo3 qwen2 qwen3 seed_oss smollm3 stablelm vaultgemma
""": "down_proj embed_tokens gate_proj k_proj lm_head o_proj q_proj up_proj v_proj",
    "minicpm3 youtu": """
down_proj embed_tokens gate_proj kv_a_proj_with_mqa kv_b_proj lm_head o_proj q_a_proj q_b_proj up_proj
""",
    "zamba2": """
down_proj embed_tokens gate_up_proj in_proj k_proj linear lm_head o_proj out_proj q_proj v_proj
""",
    "glm glm4": "down_proj embed_tokens gate_up_proj k_proj lm_head o_proj q_proj v_proj",
    "phi3": "down_proj embed_tokens gate_up_proj lm_head o_proj qkv_proj",
    "apertus arcee jais2 nemotron": "down_proj embed_tokens k_proj lm_head o_proj q_proj up_proj v_proj",
    "falcon_mamba mamba": "dt_proj embeddings in_proj lm_head out_proj x_proj",
    "opt": "embed_positions embed_tokens fc1 fc2 k_proj lm_head out_proj q_proj v_proj",
    "biogpt trocr": """
embed_positions embed_tokens fc1 fc2 k_proj out_proj output_projection q_proj v_proj
""",
    "whisper": "embed_positions embed_tokens fc1 fc2 k_proj out_proj proj_out q_proj v_proj",
    "nanochat": "embed_tokens fc1 fc2 k_proj lm_head o_proj q_proj v_proj",
    "xglm": "embed_tokens fc1 fc2 k_proj lm_head out_proj q_proj v_proj",
    "lfm3": """
embed_tokens g_proj in_proj k_proj lm_head o_proj out_proj q_proj v_proj w1 w2 w3
""",
    "lfm2": "embed_tokens k_proj lm_head out_proj q_proj v_proj w1 w2 w3",
    "xlstm": """
embeddings fgate_preact igate_preact k lm_head ogate_preact out_proj proj_down proj_up proj_up_gate q v
""",
    "rwkv": "embeddings head key output receptance value",
    "mamba2": "embeddings in_proj lm_head out_proj",
    "gptj": "fc_in fc_out k_proj lm_head out_proj q_proj v_proj wte",
    "codegen": "fc_in fc_out lm_head out_proj qkv_proj wte",
    "xlnet": "layer_1 layer_2 lm_loss word_embedding",
}

LAYERS: dict[str, frozenset[str]] = {
    name: frozenset(layers.split()) for types, layers in _LAYERS.items() for name in types.split()
}
