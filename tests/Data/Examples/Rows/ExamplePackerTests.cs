using Distributed.Data.Examples.Records;
using Distributed.Data.Examples.Rows;
using Distributed.Data.Examples.Storage;
using Distributed.Data.Examples.Templates;

namespace Distributed.Data.Tests.Examples.Rows;

public sealed class ExamplePackerTests : IDisposable
{
    private const int RowLength = 64;

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(ExampleKind.Chats)]
    [InlineData(ExampleKind.Preferences)]
    public void Row_EveryOne_LeaksNothingBetweenSequences(ExampleKind kind)
    {
        using var dataset = Write(kind, 200);
        var packer = new ExamplePacker(dataset, RowLength, seed: 1);
        for (var position = 0; position < packer.RowCount; position++)
        {
            var row = packer.Row(position);
            var (at, targets) = (0, new int[RowLength]);
            Array.Fill(targets, PackedRow.NoTarget);
            foreach (var (index, place) in row.Sequences.Index())
            {
                var sequence = dataset.Read(place.Example).Sequences[place.IsRejected ? 1 : 0];
                Assert.Equal((at, sequence.Tokens.Length, sequence.PromptLength), (place.Start, place.Length, place.PromptLength));
                Assert.Equal(sequence.Tokens, row.Tokens[at..(at + place.Length)]);
                Assert.Equal(Enumerable.Range(0, place.Length), row.Positions[at..(at + place.Length)]);
                Assert.All(row.Documents[at..(at + place.Length)], document => Assert.Equal(index, document));
                for (var i = 1; i < place.Length; i++)
                {
                    if (sequence.IsTarget[i]) targets[at + i - 1] = sequence.Tokens[i];
                }

                at += place.Length;
                Assert.Equal(PackedRow.NoTarget, row.Targets[at - 1]);
            }

            Assert.Equal(targets, row.Targets);
            Assert.Equal(Enumerable.Range(0, RowLength - at), row.Positions[at..]);
            Assert.All(row.Documents[at..], document => Assert.Equal(row.Sequences.Count, document));
            Assert.All(row.Tokens[at..], token => Assert.Equal(dataset.EndOfTextId, token));
        }
    }

    [Theory]
    [InlineData(ExampleKind.Chats)]
    [InlineData(ExampleKind.Preferences)]
    public void Rows_AllTogether_HaveEverySequenceOnce(ExampleKind kind)
    {
        using var dataset = Write(kind, 200);
        var packer = new ExamplePacker(dataset, RowLength, seed: 1);
        var sequences = Rows(packer).SelectMany(row => row.Sequences).Select(place => (place.Example, place.IsRejected)).Order();
        Assert.Equal(
            kind == ExampleKind.Preferences
                ? Enumerable.Range(0, 200).SelectMany(example => new[] { (example, false), (example, true) })
                : Enumerable.Range(0, 200).Select(example => (example, false)),
            sequences);
    }

    [Fact]
    public void Row_TheSidesOfAPair_AreNeighboursInOneRow()
    {
        using var dataset = Write(ExampleKind.Preferences, 100);
        foreach (var row in Rows(new ExamplePacker(dataset, RowLength, seed: 1)))
        {
            Assert.All(row.Sequences.Chunk(2), pair => Assert.Equal(
                (pair[0].Example, false, true, pair[0].Start + pair[0].Length),
                (pair[1].Example, pair[0].IsRejected, pair[1].IsRejected, pair[1].Start)));
        }
    }

    [Fact]
    public void Row_OfAnotherPacker_IsTheSameForTheSameSeedOnly()
    {
        using var dataset = Write(ExampleKind.Chats, 300);
        var (first, second) = (new ExamplePacker(dataset, RowLength, seed: 7), new ExamplePacker(dataset, RowLength, seed: 7));
        Assert.Equal(Enumerable.Range(0, first.RowCount).SelectMany(row => first.Row(row).Tokens),
            Enumerable.Range(0, second.RowCount).SelectMany(row => second.Row(row).Tokens));
        Assert.NotEqual(first.Row(0).Tokens, new ExamplePacker(dataset, RowLength, seed: 8).Row(0).Tokens);
    }

    [Fact]
    public void Row_WithoutPacking_IsOneExample()
    {
        using var dataset = Write(ExampleKind.Chats, 50);
        var packer = new ExamplePacker(dataset, RowLength, seed: 1, isPacked: false);
        Assert.Equal(Enumerable.Range(0, 50), Rows(packer).Select(row => Assert.Single(row.Sequences).Example));
    }

    [Fact]
    public void Packer_OfPromptsOrTooLongExamples_IsRefused()
    {
        using var chats = Write(ExampleKind.Chats, 50);
        Assert.Contains("allowed: 1 to 4", Assert.Throws<ArgumentException>(() => new ExamplePacker(chats, rowLength: 4, seed: 1)).Message);
        using var prompts = Write(ExampleKind.Prompts, 5);
        Assert.Throws<ArgumentException>(() => new ExamplePacker(prompts, RowLength, seed: 1));
    }

    public void Dispose() => _folder.Dispose();

    private static IEnumerable<PackedRow> Rows(ExamplePacker packer) => Enumerable.Range(0, packer.RowCount).Select(packer.Row);

    private ExampleDataset Write(ExampleKind kind, int count)
    {
        var random = new Random(2);
        var folder = _folder.At(kind.ToString());
        using (var writer = new ExampleDatasetWriter(folder, kind, ExampleTokenizers.WithRoles))
        {
            for (var i = 0; i < count; i++)
            {
                writer.Append(kind switch
                {
                    ExampleKind.Preferences => new EncodedPair(Sequence(i, 16), Sequence(i, 16)),
                    ExampleKind.Prompts => new EncodedPrompt([1, 2, 3], null, null),
                    _ => Sequence(i, 40),
                });
            }

            writer.Complete();
        }

        return ExampleDataset.Open(folder);

        // A prompt of two tokens, then targets with gaps.
        EncodedExample Sequence(int example, int longest)
        {
            var length = random.Next(3, longest);
            return new([1, example % 256, .. Enumerable.Range(2, length - 2).Select(_ => random.Next(256))],
                [false, false, true, .. Enumerable.Range(3, length - 3).Select(_ => random.Next(4) > 0)]);
        }
    }
}
