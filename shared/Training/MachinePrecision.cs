using Distributed.Planning;
using Distributed.Tensors.MatrixProducts;

namespace Distributed.Training;

/// <summary>Resolves <see cref="Precision.Auto"/> for this machine.</summary>
public static class MachinePrecision
{
    /// <summary>
    /// Returns <paramref name="precision"/>, or for <see cref="Precision.Auto"/> the choice for this machine alone, by its measured matrix
    /// product speed.
    /// </summary>
    public static Precision Resolve(this Precision precision) =>
        precision == Precision.Auto ? PrecisionChoice.Of([ProductSpeed.Bf16Speedup]) : precision;
}
