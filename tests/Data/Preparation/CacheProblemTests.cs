using Distributed.Data.Preparation;

namespace Distributed.Data.Tests.Preparation;

public sealed class CacheProblemTests
{
    private const string Cache = "/proc/distributed/data";

    [Theory]
    [InlineData(28, "Free some space in '/proc', or name a folder of another disk with data.cache.")]
    [InlineData(30, "'/proc' is on a read-only file system. Name a folder that this user may write to with data.cache.")]
    [InlineData(2, "Name another folder with data.cache.")]
    public void Words_OfAFileSystemError_HaveTheFixForItsKind(int error, string remedy) =>
        Assert.Equal($"The prepared data cannot be written below '{Cache}': It failed. {remedy}",
            CacheProblem.Describe(Cache, new IOException("It failed.", error)));

    [Fact]
    public void Words_OfADeniedFolder_NameItAndThePermission() =>
        Assert.EndsWith(
            "This user has no permission to write to '/proc'. Grant it, or name a folder that this user may write to with data.cache.",
            CacheProblem.Describe(Cache, new UnauthorizedAccessException("Denied.")),
            StringComparison.Ordinal);

    [Fact]
    public void Prepare_CacheCannotBeCreated_NamesTheKeyAndDoesNotMentionSpace()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs a folder that no user may write to");
        var corpus = Directory.CreateTempSubdirectory("distributed-cache-");
        try
        {
            File.WriteAllText(Path.Combine(corpus.FullName, "text.txt"), "Some text.");

            var error = Assert.Throws<DataException>(
                () => DataPreparation.Prepare(new DataOptions
                {
                    Corpus = [corpus.FullName], CacheDirectory = "/sys/distributed", VocabularySize = 300, EvaluationFraction = 0
                }));

            Assert.Contains("'/sys'", error.Message, StringComparison.Ordinal);
            Assert.Contains("data.cache", error.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("space", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            corpus.Delete(recursive: true);
        }
    }
}
