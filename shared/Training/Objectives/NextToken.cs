using Distributed.Parallel.Forward;

namespace Distributed.Training.Objectives;

/// <summary>
/// The cross-entropy of the next tokens: of all tokens of a text (pre-training), or of the completions of examples, whose prompts have no
/// targets (supervised fine-tuning).
/// </summary>
public sealed class NextToken : IObjective
{
    /// <inheritdoc/>
    public IReadOnlyList<string> Metrics => [];

    /// <inheritdoc/>
    public string Term => "target";

    /// <inheritdoc/>
    public long TermsOf(TokenBatch batch) => batch.TargetCount(0);

    /// <inheritdoc/>
    public TrunkHead? Head(TokenBatch batch, double factor, double[] metrics) => null;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
