"""Which families of decoders differ from Llama in what their layers keep, by `model_type`."""

from __future__ import annotations

# transformers 5.23, modeling_*.py: nn.LayerNorm where Llama has its RMSNorm.
LAYER_NORM = frozenset(
    [
        *("gpt2", "gpt_bigcode", "gpt_neo", "gpt_neox", "gptj", "codegen", "opt", "bloom", "mpt", "falcon", "phi"),
        *("biogpt", "stablelm", "starcoder2", "nemotron"),
    ]
)
# transformers 5.23: attention and MLP read the same input, so that one residual is kept instead of two.
PARALLEL = frozenset(["gptj", "codegen", "gpt_neox", "phi", "falcon"])
# transformers 5.23: a norm before and one behind both halves of a layer.
FOUR_NORMS = frozenset(["gemma2", "gemma3_text", "glm4"])
# transformers 5.23: a norm on queries and keys.
HEAD_NORMS = frozenset(["qwen3", "gemma3_text", "olmo2", "olmo3", "exaone4", "hunyuan_v1_dense"])
# transformers 5.23: the norm's own weight multiplies in float32.
FLOAT_NORMS = frozenset(["gemma", "gemma2", "gemma3_text", "olmo2", "olmo3"])
# transformers 5.23: NewGELUActivation, five small operations of which autograd keeps each result.
GELU_IN_PARTS = frozenset(["gpt2", "gptj", "gpt_neo", "codegen", "phi"])
# transformers 5.23, and the repositories' own code: query, key and value are one matrix.
FUSED_QKV = frozenset(
    [
        *("gpt2", "gpt_bigcode", "gpt_neox", "codegen", "bloom", "mpt", "falcon", "phi3"),
        *("qwen", "baichuan", "chatglm"),
    ]
)
# The same: value stays a view of that one product, and keeps the whole of it.
VALUE_IS_VIEW = frozenset(["phi3", "gpt_neox", "falcon", "qwen", "baichuan", "chatglm"])
# The same: gate and up are one.
FUSED_GATE = frozenset(["phi3", "glm", "glm4", "chatglm"])
# transformers 5.23: the scores of attention are capped or biased, which no kernel of torch's can do.
EAGER_ONLY = frozenset(["gemma2", "vaultgemma", "bloom", "codegen", "gptj", "gpt_neo", "mpt"])
# transformers 5.23: the logits are capped, and their tanh is kept.
CAPPED_LOGITS = frozenset(["gemma2", "vaultgemma"])
# transformers 5.23: their layers are not all attention and MLP, or not all alike, which is what the formulas are for.
OTHER_LAYERS = frozenset(
    [
        *("mamba", "mamba2", "falcon_mamba", "bamba", "jamba", "zamba", "zamba2", "falcon_h1", "nemotron_h", "xlstm"),
        *("recurrent_gemma", "rwkv", "qwen3_next", "qwen3_5", "qwen3_5_text", "granitemoehybrid", "olmo_hybrid"),
        *("bailing_hybrid", "minicpm3", "gemma3n", "gemma3n_text", "gemma4", "gemma4_text", "kimi_linear", "bitnet"),
        *("lfm2", "lfm3"),
    ]
)
# The types whose kept tensors were listed, in small models of transformers 5.23's own classes, and agree with the
# formulas within a tenth.
MEASURED = frozenset(
    [
        *("llama", "mistral", "ministral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text", "phi", "phi3", "glm"),
        *("glm4", "gpt_neox", "gpt2", "olmo", "olmo2", "olmo3", "granite", "starcoder2", "stablelm", "smollm3"),
        *("bloom", "mpt", "gpt_bigcode", "nemotron", "exaone4", "hunyuan_v1_dense", "arcee", "ernie4_5", "cohere"),
        *("cohere2", "seed_oss"),
    ]
)
