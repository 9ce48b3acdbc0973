using Distributed.Checkpoints.Stores;
using Distributed.Coordinator.Tests.Support;
using Distributed.Worker.Faults;

namespace Distributed.Coordinator.Tests.Faults;

/// <summary>Tests a checkpoint store on a simulated full disk.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("faults-");
    private readonly ManualTime _time = new();
    private readonly FullDisk _disk;
    private readonly FullDiskStore _store;

    public FullDiskTests()
    {
        _disk = new FullDisk(_time);
        _store = new FullDiskStore(new DirectoryStore(_folder.FullName), _disk);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Store_OnAFullDisk_RefusesWritesAsTheSystemDoesAndStillReads()
    {
        _store.Create("there");
        using (var file = _store.Put("there", "a", 1))
        {
            file.Write([1], 0);
            file.Complete();
        }

        _disk.Fill(TimeSpan.FromSeconds(3));

        var error = Assert.Throws<IOException>(() => _store.Put("there", "b", 1));
        Assert.Equal((28, $"No space left on device : '{_store.PathOf("there", "b")}'"), (error.HResult, error.Message));
        Assert.Throws<IOException>(() => _store.Create("more"));
        Assert.Equal(["there"], _store.Folders());
        _store.Open("there", "a").Dispose();
        _store.Delete("there");
        Assert.False(_store.Exists("there"));
    }

    [Fact]
    public void Store_FullForAWhile_HasRoomAfterwards()
    {
        _disk.Fill(TimeSpan.FromSeconds(3));
        _time.Advance(TimeSpan.FromSeconds(2.9));
        Assert.Throws<IOException>(() => _store.Create("a"));

        _time.Advance(TimeSpan.FromSeconds(0.1));
        _store.Create("a");
    }

    [Fact]
    public void Store_FullOnce_HasRoomAfterOneRefusal()
    {
        _disk.Fill(null);
        _time.Advance(TimeSpan.FromDays(1));
        Assert.Throws<IOException>(() => _store.Create("a"));

        _store.Create("a");
    }
}
