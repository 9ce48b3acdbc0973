using static TorchSharp.torch;

namespace Distributed.Tensors.Tests.Kernels;

/// <summary>Types of kernels and their tolerances relative to the largest value of the float64 result.</summary>
public sealed class KernelTypes : TheoryData<ScalarType, double>
{
    public KernelTypes()
    {
        Add(ScalarType.Float64, 1e-13);
        Add(ScalarType.Float32, 2e-6);
        Add(ScalarType.BFloat16, 1.2e-2);
    }
}
