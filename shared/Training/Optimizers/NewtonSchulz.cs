using static TorchSharp.torch;

namespace Distributed.Training.Optimizers;

/// <summary>
/// Approximates U Vᵀ of a matrix U S Vᵀ without a decomposition (Jordan et al., Muon: An optimizer for hidden layers in neural networks,
/// 2024). The coefficients of the quintic maximise the slope at zero under the condition that the singular values end in about [0.7, 1.2];
/// convergence to 1 is not needed.
/// </summary>
public static class NewtonSchulz
{
    private const double A = 3.4445, B = -4.7750, C = 2.0315;
    private const double Eps = 1e-7; // keeps a matrix of zeros at zero

    /// <summary>Orthogonalises each matrix of a stack, in the type of the stack.</summary>
    /// <param name="matrices">The stack [..., N, M], floating point.</param>
    /// <param name="steps">Number of iterations, 1 or more.</param>
    /// <returns>The orthogonalised stack [..., N, M].</returns>
    public static Tensor Orthogonalize(Tensor matrices, int steps)
    {
        using var scope = NewDisposeScope();
        var isTall = matrices.size(-2) > matrices.size(-1);
        var x = isTall ? matrices.transpose(-2, -1) : matrices;   // N <= M, so that x xᵀ is the smaller product
        x = x / (linalg.vector_norm(x, 2, [-2, -1], true) + Eps); // singular values at most 1
        for (var step = 0; step < steps; step++)
        {
            var gram = x.matmul(x.transpose(-2, -1));             // [..., N, N]
            var polynomial = B * gram + (C * gram).matmul(gram);  // [..., N, N]
            x = A * x + polynomial.matmul(x);                     // [..., N, M]
        }
        return (isTall ? x.transpose(-2, -1) : x).MoveToOuterDisposeScope();
    }
}
