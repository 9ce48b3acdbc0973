using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Groups;

/// <summary>
/// Compares the training texts of the ranks: a rank that trains on a different text would silently corrupt the weights of all ranks.
/// </summary>
internal sealed class TrainingTexts
{
    private (string Worker, string Content)? _first; // of the first rank that was ready

    /// <summary>Compares the text of a rank with that of the first rank.</summary>
    /// <param name="member">The rank.</param>
    /// <param name="text">Fingerprint of its text; empty if it has none.</param>
    /// <returns>The failure if the texts differ; null if they are equal.</returns>
    public Failure? Compare(Member member, string text)
    {
        if (text.Length == 0) return null;
        var (worker, content) = _first ??= (member.Id.Name, text);
        if (content == text) return null;
        return new Failure(FailureCause.DataDiffers)
        {
            Rank = member.Rank,
            Kind = FailureKind.FailureFatal,
            Message = $"{member.Id.Name} has a different training text than {worker}: its corpus or tokenizer differs "
                + $"({text} instead of {content}); give every worker the same files for data.corpus and data.tokenizer",
        };
    }
}
