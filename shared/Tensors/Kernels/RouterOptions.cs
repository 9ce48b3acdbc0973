namespace Distributed.Tensors.Kernels;

/// <summary>What a router chooses from and how it weighs.</summary>
public readonly record struct RouterOptions()
{
    /// <summary>Added to every sum of scores that scores are divided by, as in DeepSeek-V3's own code: sigmoid scores may all be 0.</summary>
    public const double ScoreSumEpsilon = 1e-20;

    /// <summary>Routed experts E.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts K chosen for each token.</summary>
    public required int ChosenPerToken { get; init; }

    /// <summary>Groups of equally many experts; 1 for none.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that one token may choose from.</summary>
    public int ChosenGroups { get; init; } = 1;

    /// <summary>Whether the chosen scores are divided by their sum.</summary>
    public bool NormaliseWeights { get; init; } = true;

    /// <summary>Factor on the weights.</summary>
    public double ScalingFactor { get; init; } = 1;
}
