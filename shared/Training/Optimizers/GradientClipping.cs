using Distributed.Parallel.Collectives;
using Distributed.Tensors.Kernels;
using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>
/// Clips gradients by their global norm (Pascanu et al., On the difficulty of training recurrent neural networks, section 3.2). The
/// optimizer multiplies by the coefficient while it reads the gradients.
/// </summary>
public static class GradientClipping
{
    private const double Eps = 1e-6;

    /// <summary>Returns the sum of the squares of all elements, in float64; 0 for no tensors.</summary>
    /// <param name="gradients">Floating-point tensors of any shape.</param>
    /// <param name="kernels">Selects the fused kernel or the plain operations.</param>
    public static double SumOfSquares(IEnumerable<Tensor> gradients, KernelChoice kernels = KernelChoice.Fused)
    {
        using var noGrad = no_grad();
        var sum = 0.0;
        foreach (var gradient in gradients)
        {
            using var values = gradient.contiguous();
            sum += SumOfSquaresKernel.Of(values, kernels);
        }
        return sum;
    }

    /// <summary>Returns the norm over the group, bit for bit the same on every rank. Every rank must call it.</summary>
    /// <param name="counted">The gradients that this rank counts: each parameter is counted by its owner.</param>
    /// <param name="collectives">Collectives over all ranks.</param>
    /// <param name="kernels">Selects the fused kernel or the plain operations.</param>
    public static double GlobalNorm(IEnumerable<Tensor> counted, ICollectives collectives, KernelChoice kernels = KernelChoice.Fused)
    {
        double[] sum = [SumOfSquares(counted, kernels)];
        collectives.AllReduceSum(sum.AsSpan());
        return Math.Sqrt(sum[0]);
    }

    /// <summary>Returns the factor for the gradients: min(1, maxNorm / (norm + 1e-6)).</summary>
    /// <param name="norm">The global norm, 0 or more and finite.</param>
    /// <param name="maxNorm">The largest norm, above 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A norm is out of range. The caller must handle gradients that are not finite before.
    /// </exception>
    public static double Coefficient(double norm, double maxNorm)
    {
        if (!double.IsFinite(norm) || norm < 0)
        {
            throw new ArgumentOutOfRangeException(nameof(norm), norm, "The gradient norm must be 0 or more and finite.");
        }
        if (!(maxNorm > 0)) throw new ArgumentOutOfRangeException(nameof(maxNorm), maxNorm, "The largest norm must be more than 0.");
        return Math.Min(1, maxNorm / (norm + Eps));
    }
}
