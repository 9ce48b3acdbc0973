using System.Collections.Concurrent;

namespace Distributed.Coordinator.Storage;

/// <summary>
/// Runs work that writes to disk on threads of its own. A slow disk then occupies no thread of the pool, which serves all other requests.
/// A thread whose work has ended takes other work; a new one starts only if every thread is busy.
/// </summary>
internal sealed class WriteThreads : TaskScheduler
{
    private const TaskCreationOptions Options = TaskCreationOptions.DenyChildAttach | TaskCreationOptions.HideScheduler
        | TaskCreationOptions.RunContinuationsAsynchronously;

    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(10); // then a thread ends

    private static readonly WriteThreads Instance = new();

    private readonly Lock _gate = new();
    private readonly BlockingCollection<Task> _work = [];
    private int _free; // threads that wait and whose work is not enqueued yet

    private WriteThreads()
    {
    }

    /// <summary>Runs work and returns its result. The caller continues on a thread of the pool.</summary>
    public static Task<T> RunAsync<T>(Func<T> work) => Task.Factory.StartNew(work, CancellationToken.None, Options, Instance);

    /// <summary>Runs work. The caller continues on a thread of the pool.</summary>
    public static Task RunAsync(Action work) => Task.Factory.StartNew(work, CancellationToken.None, Options, Instance);

    /// <inheritdoc/>
    protected override void QueueTask(Task task)
    {
        bool isThreadFree;
        lock (_gate)
        {
            isThreadFree = _free > 0;
            if (isThreadFree) _free--;
        }

        _work.Add(task);
        if (!isThreadFree) new Thread(Work) { IsBackground = true, Name = "writes" }.Start();
    }

    /// <inheritdoc/>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => false;

    /// <inheritdoc/>
    protected override IEnumerable<Task> GetScheduledTasks() => [.. _work];

    private void Work()
    {
        while (true)
        {
            while (_work.TryTake(out var task, IdleTimeout))
            {
                TryExecuteTask(task);
                lock (_gate) _free++;
            }

            lock (_gate)
            {
                if (_free == 0) continue; // work for this thread is about to be enqueued
                _free--;
                return;
            }
        }
    }
}
