namespace Distributed.Training.Objectives.Advantages;

/// <summary>How the advantages of the samples of one prompt follow from their rewards.</summary>
public enum GroupBaseline
{
    /// <summary>(r - mean) / (deviation of the group + epsilon) (GRPO, Shao et al. 2024, section 4.1.2).</summary>
    GroupDeviation,

    /// <summary>(r - mean) / (deviation of the batch + epsilon).</summary>
    BatchDeviation,

    /// <summary>r - mean (Dr. GRPO, Liu et al. 2025, section 3.2).</summary>
    Mean,

    /// <summary>r - mean of the other samples of the group (RLOO, Ahmadian et al. 2024, eq. 8); 0 in a group of one.</summary>
    LeaveOneOut,
}

/// <summary>
/// Advantages of sampled responses relative to the other responses to the same prompt. Deviations are those of a sample (divided by n - 1).
/// </summary>
public static class GroupAdvantages
{
    /// <summary>Default epsilon of the deviation; verl uses the same, TRL 1e-4.</summary>
    public const double DefaultEpsilon = 1e-6;

    /// <summary>Returns the advantage of each response, in the order of the rewards.</summary>
    /// <param name="baseline">The baseline and scale.</param>
    /// <param name="rewards">One finite reward per response.</param>
    /// <param name="groups">The prompt of each response, any numbers.</param>
    /// <param name="epsilon">Added to the deviation.</param>
    /// <exception cref="ArgumentException">
    /// A reward is not finite, the lists have different lengths, or a deviation is needed of a single response.
    /// </exception>
    public static double[] Of(
        GroupBaseline baseline, IReadOnlyList<double> rewards, IReadOnlyList<long> groups, double epsilon = DefaultEpsilon)
    {
        ArgumentNullException.ThrowIfNull(rewards);
        ArgumentNullException.ThrowIfNull(groups);
        if (rewards.Count != groups.Count)
            throw new ArgumentException($"{rewards.Count} rewards for {groups.Count} responses; each response has one.", nameof(rewards));
        foreach (var (index, reward) in rewards.Index())
            if (!double.IsFinite(reward)) throw new ArgumentException($"The reward of response {index} is {reward}.", nameof(rewards));

        var advantages = new double[rewards.Count];
        var batch = baseline == GroupBaseline.BatchDeviation ? Deviation([.. rewards], "The batch") : 0;
        foreach (var group in groups.Index().GroupBy(response => response.Item, response => response.Index))
        {
            double[] own = [.. group.Select(index => rewards[index])];
            var (mean, scale) = (own.Average(), 1.0);
            if (baseline == GroupBaseline.GroupDeviation) scale = 1 / (Deviation(own, $"The group of prompt {group.Key}") + epsilon);
            else if (baseline == GroupBaseline.BatchDeviation) scale = 1 / (batch + epsilon);
            else if (baseline == GroupBaseline.LeaveOneOut) scale = own.Length > 1 ? own.Length / (own.Length - 1.0) : 0;
            foreach (var index in group) advantages[index] = (rewards[index] - mean) * scale;
        }

        return advantages;
    }

    /// <summary>Whether the rewards of a group are equal, so that it has no signal for the policy.</summary>
    public static bool IsWithoutSpread(IReadOnlyList<double> rewards) => rewards.All(reward => reward == rewards[0]);

    private static double Deviation(double[] values, string what)
    {
        if (values.Length < 2)
            throw new ArgumentException($"{what} has one response, which has no deviation; sample more responses per prompt, " +
                "or choose a baseline without the deviation.");
        var mean = values.Average();
        return Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Length - 1));
    }
}
