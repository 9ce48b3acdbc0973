using Distributed.Coordinator.Links;
using Distributed.Coordinator.Service.Pool;
using Distributed.Coordinator.Tests.Support;
using Distributed.Protocol.Identities;
using Microsoft.Extensions.Logging.Abstractions;

namespace Distributed.Coordinator.Tests.Service;

/// <summary>
/// Seeded schedules of workers that join and leave, and of jobs that reserve, return and end: no worker has two jobs, and none is lost.
/// </summary>
public sealed class WorkerPoolScheduleTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Pool_WithAnySchedule_KeepsItsInvariants(int seed)
    {
        var random = new Random(seed);
        await using var pool = new WorkerPool(new PoolOptions(), new ManualTime(), NullLogger<WorkerPool>.Instance);
        var workers = new Dictionary<string, ScriptedWorker>();
        var jobs = new Dictionary<string, (WorkerRequest Request, List<IWorkerLink> Given)>();
        for (var turn = 0; turn < 2000; turn++)
        {
            switch (random.Next(6))
            {
                case 0 when workers.Count < 12:
                    var name = $"worker-{turn}";
                    pool.Add((workers[name] = new ScriptedWorker(name)).Link.Coordinator);
                    workers[name].Hello();
                    await Until(pool, () => pool.Workers.Any(each => each.Id.Name == name));
                    break;
                case 1 when workers.Count > 0:
                    var gone = workers.Keys.ElementAt(random.Next(workers.Count));
                    workers.Remove(gone, out var leaving);
                    await leaving!.Leave();
                    await Until(pool, () => pool.Workers.All(each => each.Id.Name != gone));
                    break;
                case 2:
                    var wanted = random.Next(1, 5);
                    var idle = pool.Idle;
                    if (pool.TryReserve(new JobId($"job-{turn}"), wanted) is { } request)
                    {
                        Assert.InRange(wanted, 1, idle);
                        jobs[$"job-{turn}"] = (request, []);
                        request.Begin(jobs[$"job-{turn}"].Given.Add);
                        Assert.Equal(wanted, request.Held);
                    }
                    else
                    {
                        Assert.True(wanted > idle);
                    }

                    break;
                case 3 when jobs.Count > 0:
                    var given = jobs.Values.ElementAt(random.Next(jobs.Count)).Given;
                    if (given.Count > 0) await given[random.Next(given.Count)].DisposeAsync(); // perhaps for the second time
                    break;
                case 4 when jobs.Count > 0:
                    jobs.Values.ElementAt(random.Next(jobs.Count)).Request.SetTarget(random.Next(1, 5));
                    break;
                case 5 when jobs.Count > 2:
                    var over = jobs.Keys.ElementAt(random.Next(jobs.Count));
                    jobs.Remove(over, out var ended);
                    ended.Request.Dispose();
                    Assert.Equal(0, ended.Request.Held);
                    break;
                default: break;
            }

            var views = pool.Workers;
            Assert.Equal(workers.Keys.Order(), views.Select(each => each.Id.Name).Order());
            Assert.Equal(views.Count(each => each.State == WorkerState.Working), jobs.Values.Sum(job => job.Request.Held));
            Assert.All(jobs, job => Assert.Equal(views.Count(each => each.Job == job.Key), job.Value.Request.Held));
            // No worker is idle while a running job wants one.
            Assert.True(pool.Idle == 0 || jobs.Values.All(job => job.Request.Held >= job.Request.Target));
        }
    }

    private static async Task Until(WorkerPool pool, Func<bool> condition)
    {
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        void Look()
        {
            if (condition()) changed.TrySetResult();
        }

        pool.Changed += Look;
        Look();
        await changed.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        pool.Changed -= Look;
    }
}
