using System.Diagnostics;
using System.Threading.Channels;
using Distributed.Coordinator.Goodput;
using Distributed.Coordinator.Jobs.Inputs;
using Distributed.Coordinator.Jobs.Lifecycle;
using Distributed.Coordinator.Links;
using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Faults;
using Microsoft.Extensions.Logging;

namespace Distributed.Coordinator.Jobs;

/// <summary>
/// Runs one job from the first <c>Hello</c> of its workers to an outcome.
/// <list type="number">
/// <item>Gathers the workers that the job asks for. A later worker is a spare if the job has a <see cref="RecoveryPolicy"/>, and is
/// refused otherwise.</item>
/// <item>Plans the epoch, in the order of the workers' names and never of their arrival, and sends each rank its assignment.</item>
/// <item>Forwards the ranks' reports. The job ends when every rank has ended; a failed rank or a stop request ends the others.</item>
/// <item>With a <see cref="RecoveryPolicy"/>, the job recovers from lost workers: the surviving ranks are fenced, and a new epoch with a
/// spare, a replacement or fewer workers resumes from the last recovery point. The job grows again when a worker joins.</item>
/// </list>
/// One loop owns all state (<see cref="JobRun"/>): every event is enqueued to it as an input, and each input is handled to its end before
/// the next one begins, so that no class behind this one needs a lock. Every wait has a timeout (<see cref="CoordinatorOptions"/>).
/// </summary>
public sealed class JobCoordinator
{
    private readonly JobRun _run;
    private readonly JobStart _start;
    private readonly ArrivalHandler _arrivals;
    private readonly ReportHandler _reports;
    private readonly DepartureHandler _departures;
    private readonly RequestHandler _requests;
    private readonly DeadlineHandler _deadlines;
    private readonly List<IWorkerLink> _links = []; // guarded by itself: any thread may attach a link

    private readonly Channel<CoordinatorInput> _inbox = Channel.CreateUnbounded<CoordinatorInput>(
        new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Creates a coordinator for one run of a job.</summary>
    /// <param name="job">The job.</param>
    /// <param name="placement">Assigns experts to ranks.</param>
    /// <param name="observer">Receives the notices of the job.</param>
    /// <param name="options">Timeouts.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">The logger.</param>
    /// <param name="records">Stores the state that a restarted coordinator needs; null stores nothing.</param>
    /// <param name="checkpoints">Looks up checkpoints on disk; null assumes that every known checkpoint still exists.</param>
    public JobCoordinator(JobSpecification job, IPlacement placement, IJobObserver observer, CoordinatorOptions options, TimeProvider time,
        ILogger<JobCoordinator> logger, IJobRecords? records = null, ICheckpointFolders? checkpoints = null)
    {
        var services = new JobServices(placement, observer, options, time, logger, records, checkpoints);
        _run = new JobRun(job, services, Enqueue);
        _start = new JobStart(_run);
        var membership = new Membership(_run);
        var resizer = new GroupResizer(_run, membership);
        var transitions = new JobTransitions(_run, membership, new EpochPlanner(_run), resizer);
        _reports = new ReportHandler(_run, transitions, resizer);
        _requests = new RequestHandler(_run, transitions, resizer);
        _departures = new DepartureHandler(_run, membership, transitions, resizer, _reports, _requests);
        _arrivals = new ArrivalHandler(_run, membership, transitions, resizer, _departures);
        _deadlines = new DeadlineHandler(_run, membership, transitions, _departures);
    }

    /// <summary>Time of the run so far by category. Thread-safe.</summary>
    public GoodputReport Ledger => _run.Ledger.Report;

    /// <summary>
    /// Adds the link of a worker, before or while the job runs. The coordinator disposes the link at the end. Thread-safe.
    /// </summary>
    /// <param name="link">The coordinator's end of the worker's stream.</param>
    public void Attach(IWorkerLink link)
    {
        lock (_links) _links.Add(link);
        _ = PumpAsync(link);
    }

    /// <summary>Requests that the job ends after the current step. May be called at any time and repeatedly. Thread-safe.</summary>
    /// <param name="save">Whether the job saves a checkpoint before it ends; without one it ends at once.</param>
    /// <param name="reason">The reason in the outcome.</param>
    public void RequestStop(bool save, string reason) => Enqueue(new CoordinatorInput.StopRequested(save, reason));

    /// <summary>
    /// Requests that the job continues with another number of workers after the current step. The job grows as further workers join.
    /// Thread-safe.
    /// </summary>
    /// <param name="workers">The requested number of workers, at least 1.</param>
    public void RequestScale(int workers) => Enqueue(new CoordinatorInput.ScaleRequested(workers));

    /// <summary>Requests that the job saves a checkpoint after the current step and pauses. Thread-safe.</summary>
    public void RequestPause() => Enqueue(new CoordinatorInput.PauseRequested());

    /// <summary>Requests that a paused job resumes. Thread-safe.</summary>
    public void RequestResume() => Enqueue(new CoordinatorInput.ResumeRequested());

    /// <summary>Requests a checkpoint after the current step, while the job continues. Thread-safe.</summary>
    /// <returns>
    /// A task that completes with null when a checkpoint with every step committed so far is published, when the job has no newer state
    /// than its checkpoint, or when the job has completed or was stopped; with the reason when that checkpoint cannot be saved or the job
    /// fails or is abandoned.
    /// </returns>
    public Task<string?> RequestSave()
    {
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_inbox.Writer.TryWrite(new CoordinatorInput.SaveRequested(done))) done.TrySetResult(null);
        return done.Task;
    }

    /// <summary>Requests that a worker injects a fault now; no effect if the worker is not a member of the job. Thread-safe.</summary>
    /// <param name="fault">A fault that a worker injects on request.</param>
    public void RequestFault(Fault fault) => Enqueue(new CoordinatorInput.FaultRequested(fault));

    /// <summary>
    /// Reports that the process of a worker has ended, on behalf of the program that started it. The job no longer waits for a worker that
    /// had not joined. Thread-safe.
    /// </summary>
    /// <param name="worker">Name of the worker.</param>
    /// <param name="how">How the process ended, for people.</param>
    /// <param name="process">Id of the process, because a new process may already have the worker's name; 0 if it is unknown.</param>
    /// <param name="isRestarted">Whether the worker is restarted; the job then still waits for it.</param>
    public void ReportExit(string worker, string how, int process = 0, bool isRestarted = false) =>
        Enqueue(new CoordinatorInput.Exited(worker, how, process, isRestarted));

    /// <summary>Runs the job to its end. Called once, instead of <see cref="Begin"/>.</summary>
    /// <param name="abandon">Abandons the job at once, without an outcome.</param>
    /// <exception cref="OperationCanceledException"><paramref name="abandon"/> is cancelled.</exception>
    public async Task<JobOutcome> RunAsync(CancellationToken abandon = default)
    {
        Begin();
        try
        {
            JobOutcome? outcome;
            while ((outcome = Work()) is null) await _inbox.Reader.WaitToReadAsync(abandon).ConfigureAwait(false);
            return outcome;
        }
        finally
        {
            _run.Dispose();
            IWorkerLink[] links;
            lock (_links) links = [.. _links];
            foreach (var link in links) await link.DisposeAsync().ConfigureAwait(false);
            _inbox.Writer.TryComplete();
            while (_inbox.Reader.TryRead(out var late))
                if (late is CoordinatorInput.SaveRequested(var done)) _run.Requests.Saves.Add(_run.Progress.Step, done);
            _run.Requests.Saves.CompleteAll(_run.Outcome is null ? "the job was abandoned" : null);
        }
    }

    /// <summary>
    /// Begins the job for a caller that calls <see cref="Work"/> after each input, instead of <see cref="RunAsync"/>. Called once.
    /// </summary>
    /// <exception cref="InvalidOperationException">The job has already begun.</exception>
    public void Begin()
    {
        if (_run.Phase is not JobPhase.Pending)
            throw new InvalidOperationException("The job has already begun: a coordinator runs its job once. Create another coordinator.");
        _start.Begin();
    }

    /// <summary>Processes all enqueued inputs on the calling thread. Only one thread may call it at a time.</summary>
    /// <returns>The outcome of the job; null if the job has not ended and waits for further inputs.</returns>
    public JobOutcome? Work()
    {
        while (_run.Outcome is null && _inbox.Reader.TryRead(out var input)) Handle(input);
        return _run.Outcome;
    }

    /// <summary>Enqueues an event of a worker. Thread-safe. <see cref="Attach"/> does this for every event of its link.</summary>
    /// <param name="link">The link of the worker.</param>
    /// <param name="message">The event.</param>
    public void Receive(IWorkerLink link, WorkerEvent message) => Enqueue(new CoordinatorInput.Event(link, message));

    /// <summary>Enqueues the end of a worker's stream, after its last event. Thread-safe.</summary>
    /// <param name="link">The link of the worker.</param>
    /// <param name="error">Why the stream broke; null if the worker left.</param>
    public void ReceiveEnd(IWorkerLink link, string? error) => Enqueue(new CoordinatorInput.LinkEnded(link, error));

    private void Handle(CoordinatorInput input)
    {
        switch (input)
        {
            case CoordinatorInput.Event(var link, var message): OnEvent(link, message); break;
            case CoordinatorInput.LinkEnded(var link, var error): _departures.OnLinkEnded(link, error); break;
            case CoordinatorInput.Exited exited: _departures.OnExited(exited); break;
            case CoordinatorInput.BusyOverdue(var link): _arrivals.OnBusyOverdue(link); break;
            case CoordinatorInput.StopRequested(var save, var reason): _requests.OnStop(new StopRequest(save, reason)); break;
            case CoordinatorInput.SaveRequested(var done): _requests.OnSave(done); break;
            case CoordinatorInput.ScaleRequested(var workers): _requests.OnScale(workers); break;
            case CoordinatorInput.PauseRequested: _requests.OnPause(); break;
            case CoordinatorInput.ResumeRequested: _requests.OnResume(); break;
            case CoordinatorInput.FaultRequested(var fault): _requests.OnFault(fault); break;
            case CoordinatorInput.DeadlinePassed(var number) when _run.Deadline.IsCurrent(number): _deadlines.OnPassed(); break;
            case CoordinatorInput.DeadlinePassed: break; // the deadline was replaced
            default: throw new UnreachableException($"Unknown input: {input}");
        }
    }

    private void OnEvent(IWorkerLink link, WorkerEvent message)
    {
        if (message.EventCase == WorkerEvent.EventOneofCase.Hello) _arrivals.OnHello(link, message.Hello);
        else if (message.EventCase == WorkerEvent.EventOneofCase.Leaving) _departures.OnLeaving(link);
        else if (!_arrivals.TryAdmitIdle(link, message)) _reports.OnEvent(link, message);
    }

    private void Enqueue(CoordinatorInput input) => _inbox.Writer.TryWrite(input);

    private async Task PumpAsync(IWorkerLink link)
    {
        string? error = null;
        try
        {
            await foreach (var message in link.Events.ReadAllAsync().ConfigureAwait(false)) Receive(link, message);
        }
        catch (Exception broken)
        {
            error = broken.Message;
        }

        ReceiveEnd(link, error);
    }
}
