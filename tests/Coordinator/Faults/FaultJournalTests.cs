using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests the record of injected faults on disk.</summary>
public sealed class FaultJournalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("faults-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Journal_WrittenConcurrently_HasAllFaults()
    {
        var journal = FaultJournal.OfRun(_folder.FullName);
        var plan = FaultPlan.Random(5, 40, 4, 100);
        Assert.Empty(journal.Read());

        System.Threading.Tasks.Parallel.ForEach(plan.Faults.GroupBy(fault => fault.Worker ?? FaultJournal.Coordinator), own =>
        {
            foreach (var fault in own) FaultJournal.OfRun(_folder.FullName).Add(own.Key, fault);
        });

        Assert.Equal(plan.Faults.Select(fault => fault.ToString()).Order(StringComparer.Ordinal),
            journal.Read().Select(fault => fault.ToString()).Order(StringComparer.Ordinal));
        journal.Clear();
        Assert.Empty(journal.Read());
    }

    [Theory]
    [InlineData("../worker")]
    [InlineData("a/b")]
    public void Journal_AWriterOfAnyName_StaysInItsFolder(string writer)
    {
        var fault = FaultPlan.Parse("kill:a@step=3").Faults[0];

        FaultJournal.OfRun(_folder.FullName).Add(writer, fault);

        Assert.Equal([fault], FaultJournal.OfRun(_folder.FullName).Read());
        Assert.Single(Directory.GetFileSystemEntries(_folder.FullName));
    }
}
