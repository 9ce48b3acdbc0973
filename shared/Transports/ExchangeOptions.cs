namespace Distributed.Transports;

/// <summary>Settings of an exchange, the same on every rank.</summary>
public sealed record ExchangeOptions
{
    /// <summary>How long a rank waits for the others, more than zero and at most 24 days. Default: 5 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The clock that measures <see cref="Timeout"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Returns all errors in the settings; empty if there are none.</summary>
    public IEnumerable<string> Validate()
    {
        if (Timeout <= TimeSpan.Zero || Timeout > TimeSpan.FromDays(24))
        {
            yield return $"{nameof(Timeout)} is {Timeout}; it must be more than zero and at most 24 days.";
        }
    }
}
