using System.Diagnostics;

namespace Distributed.Data.Preparation;

/// <summary>Measures the stages and reports about ten times per second.</summary>
internal sealed class ProgressMeter(IProgress<PreparationProgress>? progress)
{
    private static readonly TimeSpan ReportEvery = TimeSpan.FromMilliseconds(100);

    private readonly List<StageTime> _times = [];
    private readonly Stopwatch _clock = new();
    private TimeSpan _nextReport;
    private PreparationStage _stage;
    private long _totalBytes;
    private long _bytes;

    public IReadOnlyList<StageTime> Times => _times;

    /// <summary>Begins a stage.</summary>
    /// <param name="stage">The stage.</param>
    /// <param name="totalBytes">Source bytes that the stage will read; 0 if it reads none.</param>
    public void Begin(PreparationStage stage, long totalBytes = 0)
    {
        (_stage, _totalBytes, _bytes, _nextReport) = (stage, totalBytes, 0, TimeSpan.Zero);
        _clock.Restart();
        Report(0, force: true);
    }

    public void BytesRead(long bytes)
    {
        _bytes += bytes;
        Report(_totalBytes > 0 ? Math.Min(1, _bytes / (double)_totalBytes) : 0);
    }

    public void Report(double fraction, bool force = false)
    {
        if (progress is not null && (force || _clock.Elapsed >= _nextReport))
        {
            _nextReport = _clock.Elapsed + ReportEvery;
            var seconds = _clock.Elapsed.TotalSeconds;
            progress.Report(new(_stage, fraction, seconds > 0 ? _bytes / 1e6 / seconds : 0));
        }
    }

    public void End()
    {
        _times.Add(new(_stage, _clock.Elapsed));
        Report(1, force: true);
    }
}
