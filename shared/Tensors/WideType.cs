using static TorchSharp.torch;

namespace Distributed.Tensors;

/// <summary>The type of sums.</summary>
public static class WideType
{
    /// <summary>Returns the type in which values of a type are summed: fp32 for bf16, otherwise the type itself.</summary>
    public static ScalarType Of(ScalarType type) => type == ScalarType.BFloat16 ? ScalarType.Float32 : type;
}
