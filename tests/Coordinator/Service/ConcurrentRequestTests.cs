using Distributed.Coordinator.Jobs;
using Distributed.Coordinator.Service.Registry;
using Distributed.Coordinator.Tests.Support;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>Requests from several threads, with workers that obey: what the registry shows at the end is what the store holds.</summary>
public sealed class ConcurrentRequestTests
{
    private const int Threads = 4, Requests = 60, Workers = 6;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Requests_FromSeveralThreads_EndWithWhatIsStored(int seed)
    {
        await using var scene = new ServiceScene();
        var workers = new List<ScriptedWorker>();
        for (var index = 0; index < Workers; index++) workers.Add(await scene.Join($"worker-{index}"));
        foreach (var worker in workers) _ = ObeyAsync(worker);
        var bound = TimeSpan.FromMinutes(1);

        using var ended = new CancellationTokenSource();
        var reading = Task.Run(() => Read(scene.Registry, ended.Token), TestContext.Current.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(
            thread => Task.Run(() => Request(scene, new Random(seed * Threads + thread)), TestContext.Current.CancellationToken)));
        foreach (var job in scene.Registry.Jobs) scene.Registry.Stop(job.Id, save: false, "the test ends");
        foreach (var job in scene.Registry.Jobs) await scene.Ended(job.Id).WaitAsync(bound, TestContext.Current.CancellationToken);
        await ended.CancelAsync();
        await reading.WaitAsync(bound, TestContext.Current.CancellationToken);

        var shown = scene.Registry.Jobs.Select(job => job.Stored).ToArray();
        Assert.Equal(scene.Store.Jobs(), shown);
        Assert.Equal(Enumerable.Range(1, shown.Length), shown.Select(job => (int)job.Number));
        Assert.All(shown, job => Assert.Equal(JobState.Stopped, job.State));
        await scene.Until(() => scene.Pool.Idle == Workers); // no worker is lost
    }

    private static void Request(ServiceScene scene, Random random)
    {
        for (var request = 0; request < Requests; request++)
        {
            var jobs = scene.Registry.Jobs;
            var id = jobs.Count == 0 ? "none" : jobs[random.Next(jobs.Count)].Id;
            switch (random.Next(6))
            {
                case 0: scene.Submit($"job {random.Next(1, 4)} 1000"); break;
                case 1: scene.Registry.Stop(id, save: random.Next(2) == 0, "a test"); break;
                case 2 or 3: scene.Registry.Scale(id, random.Next(1, 4)); break;
                default: scene.Registry.Pause(id, pause: random.Next(2) == 0); break;
            }
        }
    }

    // Jobs are listed in order, and a job that has ended does not change.
    private static void Read(JobRegistry registry, CancellationToken ended)
    {
        var over = new Dictionary<string, JobView>();
        while (!ended.IsCancellationRequested)
        {
            var jobs = registry.Jobs;
            Assert.Equal(jobs.Select(job => job.Stored.Number).Order(), jobs.Select(job => job.Stored.Number));
            foreach (var job in jobs.Where(job => job.HasEnded))
                if (!over.TryAdd(job.Id, job)) Assert.Equal(over[job.Id], job);
        }
    }

    // Ends each role when it is requested to.
    private static async Task ObeyAsync(ScriptedWorker worker)
    {
        await foreach (var command in worker.End.Commands.ReadAllAsync())
        {
            if (command.Assign is not null) worker.Accept(command);
            else if (command.Stop is not null) worker.Finish(stopped: true);
        }
    }
}
