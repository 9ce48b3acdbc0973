using Distributed.Data.Examples.Lengths;
using Distributed.Data.Examples.Templates;

namespace Distributed.Data.Tests.Examples.Lengths;

public sealed class LengthLimitTests
{
    [Theory]
    [InlineData("..xx", 4, LengthOutcome.Whole, "..xx")]
    [InlineData("..xxx", 4, LengthOutcome.Truncated, "..xx")]
    [InlineData("...x", 3, LengthOutcome.NoRoom, null)]
    [InlineData("..x", 3, LengthOutcome.Whole, "..x")]
    [InlineData(".xx...xx", 5, LengthOutcome.Truncated, ".xx")] // the user's turn at the end has nothing to learn
    public void Apply_Truncate_CutsTheCompletionOnly(string mask, int limit, LengthOutcome outcome, string? expected)
    {
        var (record, found) = new LengthLimit(limit, TooLongPolicy.Truncate).Apply(Example(mask));
        Assert.Equal((outcome, expected), (found, record is EncodedExample example ? Mask(example) : null));
        if (record is EncodedExample cut) Assert.Equal(Enumerable.Range(0, cut.Tokens.Length), cut.Tokens);
    }

    [Theory]
    [InlineData("..xx", LengthOutcome.Whole)]
    [InlineData("..xxx", LengthOutcome.TooLong)]
    [InlineData("....x", LengthOutcome.NoRoom)]
    public void Apply_Skip_LeavesNothingOfALongExample(string mask, LengthOutcome outcome)
    {
        var (record, found) = new LengthLimit(4, TooLongPolicy.Skip).Apply(Example(mask));
        Assert.Equal((outcome, outcome == LengthOutcome.Whole), (found, record is not null));
    }

    [Theory]
    [InlineData(5, 5, 10, 5, 5)]
    [InlineData(4, 9, 10, 4, 6)]
    [InlineData(9, 4, 10, 6, 4)]
    [InlineData(9, 8, 10, 5, 5)]
    [InlineData(9, 8, 11, 6, 5)]
    public void Apply_PairTooLong_CutsTheLongerSideFirst(int chosen, int rejected, int limit, int chosenLeft, int rejectedLeft)
    {
        var (record, _) = new LengthLimit(limit, TooLongPolicy.Truncate).Apply(Pair(2, chosen, rejected));
        var pair = Assert.IsType<EncodedPair>(record);
        Assert.Equal((chosenLeft, rejectedLeft, 2), (pair.Chosen.Tokens.Length, pair.Rejected.Tokens.Length, pair.PromptLength));
    }

    [Fact]
    public void Apply_PairWhosePromptFillsHalf_HasNoRoom() => Assert.Equal(
        LengthOutcome.NoRoom, new LengthLimit(10, TooLongPolicy.Truncate).Apply(Pair(5, 8, 7)).Outcome);

    [Fact]
    public void Apply_PairThatDiffersInTheCutPartOnly_IsSkipped()
    {
        var chosen = new EncodedExample([1, 2, 3, 4], [false, true, true, true]);
        var rejected = new EncodedExample([1, 2, 3, 5], [false, true, true, true]);
        Assert.Equal((null, LengthOutcome.TooLong), new LengthLimit(6, TooLongPolicy.Truncate).Apply(new EncodedPair(chosen, rejected)));
    }

    [Theory]
    [InlineData(4, LengthOutcome.NoRoom)]
    [InlineData(5, LengthOutcome.Whole)]
    public void Apply_Prompt_LeavesRoomForOneToken(int limit, LengthOutcome outcome) => Assert.Equal(
        outcome, new LengthLimit(limit, TooLongPolicy.Truncate).Apply(new EncodedPrompt([1, 2, 3, 4], null, null)).Outcome);

    // Tokens 0, 1, 2, ...; an x is a target.
    private static EncodedExample Example(string mask) => new([.. Enumerable.Range(0, mask.Length)], [.. mask.Select(word => word == 'x')]);

    private static EncodedPair Pair(int prompt, int chosen, int rejected)
    {
        return new(Side(chosen, 7), Side(rejected, 8));

        EncodedExample Side(int length, int id) => new(
            [.. Enumerable.Range(0, length).Select(at => at < prompt ? at : id)],
            [.. Enumerable.Range(0, length).Select(at => at >= prompt)]);
    }

    private static string Mask(EncodedExample example) => string.Concat(example.IsTarget.Select(isTarget => isTarget ? 'x' : '.'));
}
