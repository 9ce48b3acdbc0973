using System.Globalization;

namespace Distributed.Checkpoints.Tests.Damage;

/// <summary>
/// Random damage from fixed seeds: a damaged checkpoint is refused with a message that names the file, or it holds exactly what was saved;
/// and reading it never takes more memory than its size allows. <c>FUZZ_CASES</c> sets the number of cases, <c>FUZZ_FIRST</c> the first
/// case. A failure reports its case.
/// </summary>
public sealed class CheckpointFuzzTests
{
    /// <summary>
    /// Limits of the managed bytes allocated in total: for each byte on disk, and a constant. An empty array in a state takes the most:
    /// about two hundred bytes of memory for three bytes on disk.
    /// </summary>
    public const long AllocatedPerByte = 96, AllocatedBesides = 1 << 20;

    [Fact]
    public void Load_DamagedAtRandom_IsRefusedByNameOrHoldsWhatWasSaved()
    {
        using var root = new DamagedRoot();
        var load = new WholeLoad(root.Sound);
        Assert.Empty(load.Run(root.Path));
        var counts = new SortedDictionary<string, (int Accepted, int Refused)>(StringComparer.Ordinal);
        var failures = new List<string>();
        var first = Setting("FUZZ_FIRST", 0);
        for (var number = first; number < first + Setting("FUZZ_CASES", 4000); number++)
        {
            var mutation = Mutation.Draw(root.Sound, number);
            mutation.Apply(root.Path);
            var accepted = Accepts(root, load, mutation, out var failure);
            root.Restore(mutation);
            if (failure is not null) failures.Add($"case {number}, {mutation.What} in {mutation.Files[0]}: {failure}");
            var (yes, no) = counts.GetValueOrDefault(mutation.What);
            counts[mutation.What] = accepted ? (yes + 1, no) : (yes, no + 1);
        }

        foreach (var (what, count) in counts)
            TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {count.Accepted} accepted, {count.Refused} refused");
        Assert.True(failures.Count == 0, $"{failures.Count} cases, among them:\n{string.Join('\n', failures.Take(20))}");
        Assert.Empty(load.Run(root.Path));
        // Damage to the folder that is not read is accepted: at most a third of all cases.
        Assert.InRange(counts.Values.Sum(c => c.Refused), counts.Values.Sum(c => c.Accepted), int.MaxValue);
    }

    private static bool Accepts(DamagedRoot root, WholeLoad load, Mutation mutation, out string? failure)
    {
        failure = null;
        IReadOnlyList<string> refusals = [];
        try
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            refusals = load.Run(root.Path);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.InRange(allocated, 0, AllocatedPerByte * root.Bytes + AllocatedBesides);
            foreach (var refusal in refusals) RequireWords(root, mutation, refusal);
            RequireNoticed(root, mutation, refusals);
        }
        catch (Exception e)
        {
            failure = $"{e.GetType().Name}: {e.Message}";
        }

        return refusals.Count == 0;
    }

    private static void RequireWords(DamagedRoot root, Mutation mutation, string refusal)
    {
        Assert.StartsWith(root.Path, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal, c => char.IsControl(c) && c != '\n');
        if (!mutation.Lies) Assert.Contains(Path.GetFileName(mutation.Files[0]), refusal, StringComparison.Ordinal);
    }

    /// <summary>A manifest is exactly what was written, or it is refused. Files outside the folder that is read are not checked.</summary>
    private static void RequireNoticed(DamagedRoot root, Mutation mutation, IReadOnlyList<string> refusals)
    {
        var file = mutation.Files[0];
        if (mutation.What == "manifest: bytes" && file.StartsWith("step-00000004/", StringComparison.Ordinal)
            && !File.ReadAllBytes(root.At(file)).SequenceEqual(root.Sound.Files[file]))
            Assert.NotEmpty(refusals);
        if (file.StartsWith("step-00000003/", StringComparison.Ordinal) && mutation.Files.Count == 1) Assert.Empty(refusals);
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
