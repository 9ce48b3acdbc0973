namespace Distributed.Training.Jobs;

/// <summary>Optimizer of the matrices. Vectors, the embedding and the output head always use AdamW.</summary>
public enum OptimizerKind
{
    /// <summary>Adam with decoupled weight decay (Loshchilov and Hutter 2019).</summary>
    AdamW,

    /// <summary>Momentum orthogonalised by Newton-Schulz steps (Jordan 2024).</summary>
    Muon,
}
