using Distributed.Planning;
using Distributed.Tensors.MatrixProducts;

namespace Distributed.Training;

/// <summary>What <see cref="Precision.Auto"/> means on this machine.</summary>
public static class MachinePrecision
{
    /// <summary>
    /// <paramref name="precision"/>, or for <see cref="Precision.Auto"/> the choice for this machine alone, from its measured products.
    /// </summary>
    public static Precision Resolve(this Precision precision) =>
        precision == Precision.Auto ? PrecisionChoice.Of([ProductSpeed.Bf16Speedup]) : precision;
}
