using Distributed.Data.Preparation;

namespace Distributed.Data.Examples;

/// <summary>Describes what became of examples that are not used as they are.</summary>
internal static class ExampleNotices
{
    public static IEnumerable<DataNotice> Of(ExampleSummary summary, ExampleOptions options, IEnumerable<string> skippedFiles)
    {
        const string Length = nameof(ExampleOptions.SequenceLength);
        foreach (var message in skippedFiles) yield return new(nameof(ExampleOptions.Paths), message);
        if (summary.Truncated is { Count: > 0 } truncated)
        {
            yield return new(Length, $"The completion was cut in {truncated}, which exceeded {options.SequenceLength} tokens. "
                + "A cut completion has no end token.");
        }

        if (summary.TooLong is { Count: > 0 } tooLong)
        {
            yield return new(Length, $"Skipped: {tooLong} of more than {options.SequenceLength} tokens. "
                + "Raise the sequence length, or choose to truncate.");
        }

        if (summary.NoRoom is { Count: > 0 } noRoom)
        {
            yield return new(Length, $"Skipped: {noRoom} whose prompt leaves no room for a completion in {options.SequenceLength} tokens. "
                + "Raise the sequence length, or shorten the prompts.");
        }

        if (summary.SpecialNames is { Count: > 0 } names)
        {
            yield return new(nameof(ExampleOptions.Paths), $"The name of a special token is in {names}; it is encoded as text. "
                + "Remove it if it is meant as the token: begin, roles and ends are added to each example.");
        }
    }
}
