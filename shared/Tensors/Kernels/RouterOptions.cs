namespace Distributed.Tensors.Kernels;

/// <summary>Options of a router: the number of experts and groups, and the computation of weights.</summary>
public readonly record struct RouterOptions()
{
    /// <summary>
    /// Added to every sum of scores that is a divisor, as in DeepSeek-V3's own code, since all sigmoid scores may be 0.
    /// </summary>
    public const double ScoreSumEpsilon = 1e-20;

    /// <summary>Number of routed experts E.</summary>
    public required int Experts { get; init; }

    /// <summary>Number of experts K chosen for each token.</summary>
    public required int ChosenPerToken { get; init; }

    /// <summary>Number of expert groups of equal size; 1 for no groups.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Number of groups that the experts of one token may come from.</summary>
    public int ChosenGroups { get; init; } = 1;

    /// <summary>Whether the chosen scores are divided by their sum.</summary>
    public bool NormaliseWeights { get; init; } = true;

    /// <summary>Factor on the weights.</summary>
    public double ScalingFactor { get; init; } = 1;
}
