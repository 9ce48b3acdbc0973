using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Distributed.Worker.Links;
using Polly;
using Polly.Retry;

namespace Distributed.Cli.Service;

/// <summary>
/// Speaks to a coordinator's JSON API. A coordinator that is not reached, or is just starting, is asked again a few times; a refusal is
/// told at once, with all that is wrong.
/// </summary>
/// <param name="coordinator">Where it serves.</param>
/// <param name="tls">Whom to believe and what to show; null where it is called without certificates.</param>
internal sealed class CoordinatorClient(Uri coordinator, SslClientAuthenticationOptions? tls) : IDisposable
{
    private const int Retries = 4;

    private static readonly ResiliencePipeline<HttpResponseMessage> Persistence = new ResiliencePipelineBuilder<HttpResponseMessage>().AddRetry(new RetryStrategyOptions<HttpResponseMessage>
    {
        MaxRetryAttempts = Retries,
        Delay = TimeSpan.FromMilliseconds(200), // 3 s in all
        BackoffType = DelayBackoffType.Exponential,
        ShouldHandle = new PredicateBuilder<HttpResponseMessage>()
            .Handle<HttpRequestException>()
            .HandleResult(response => response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout),
    }).Build();

    private readonly HttpClient _http = new(Handler(tls))
    {
        BaseAddress = new Uri(coordinator, "/api/v1/"),
        Timeout = Timeout.InfiniteTimeSpan,
    };

    // The environment's proxy is for the web: a coordinator is on this machine, or answers to certificates alone.
    private static SocketsHttpHandler Handler(SslClientAuthenticationOptions? tls)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (tls is not null) handler.SslOptions = tls;
        return handler;
    }

    /// <summary>What is at a path.</summary>
    public Task<JsonObject> GetAsync(string path, CancellationToken cancellation) => ReadAsync(() => new HttpRequestMessage(HttpMethod.Get, path), cancellation);

    /// <summary>Asks for something; asked twice it is the same.</summary>
    public Task<JsonObject> PostAsync(string path, CancellationToken cancellation) => ReadAsync(() => new HttpRequestMessage(HttpMethod.Post, path), cancellation);

    /// <summary>Submits a job file.</summary>
    public Task<JsonObject> SubmitAsync(string text, IEnumerable<string> overrides, CancellationToken cancellation)
    {
        var key = Guid.NewGuid().ToString("N"); // however often it is sent, it is one job
        return ReadAsync(
            () => new HttpRequestMessage(HttpMethod.Post, $"jobs?{string.Join('&', overrides.Select(each => $"set={Uri.EscapeDataString(each)}"))}")
            {
                Content = new StringContent(text, Encoding.UTF8, "application/yaml"), Headers = { { "Idempotency-Key", key } },
            },
            cancellation);
    }

    /// <summary>A job's log as server-sent events, to the job's end; a stream that breaks is taken up where it broke.</summary>
    public async IAsyncEnumerable<SseItem<string>> FollowAsync(string job, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var last = "";
        for (var broken = 0; ;)
        {
            using var response = await SendAsync(() => Following(job, last), HttpCompletionOption.ResponseHeadersRead, cancellation);
            await using var items = SseParser.Create(await response.Content.ReadAsStreamAsync(cancellation)).EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
            while (await NextAsync(items))
            {
                yield return items.Current;
                if (items.Current.EventType == "end") yield break;
                if (items.Current.EventId is { } id) (last, broken) = (id, 0);
            }

            if (++broken > Retries) throw new IOException($"The coordinator at {coordinator} ends the log of job {job} again and again.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Following(string job, string last)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"jobs/{Uri.EscapeDataString(job)}/logs?follow=true") { Headers = { Accept = { new MediaTypeWithQualityHeaderValue("text/event-stream") } } };
        if (last.Length > 0) request.Headers.Add("Last-Event-ID", last);
        return request;
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<SseItem<string>> items)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            return false;
        }
    }

    private async Task<JsonObject> ReadAsync(Func<HttpRequestMessage> request, CancellationToken cancellation)
    {
        using var response = await SendAsync(request, HttpCompletionOption.ResponseContentRead, cancellation);
        return await BodyAsync(response, cancellation) ?? throw new IOException($"{coordinator} does not answer as a coordinator does.");
    }

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> request, HttpCompletionOption completion, CancellationToken cancellation)
    {
        HttpResponseMessage response;
        try
        {
            response = await Persistence.ExecuteAsync(async token =>
            {
                using var message = request();
                (message.Version, message.VersionPolicy) = (tls is null ? HttpVersion.Version11 : HttpVersion.Version20, HttpVersionPolicy.RequestVersionExact); // as it serves them
                return await _http.SendAsync(message, completion, token);
            }, cancellation);
        }
        catch (HttpRequestException error)
        {
            if (error.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError) && await PortProbe.MismatchAsync(coordinator, cancellation) is { } mismatch)
                throw new IOException($"The coordinator at {coordinator} is not reached: {mismatch}.", error);
            var hint = error.HttpRequestError == HttpRequestError.SecureConnectionError ? "" : " Start one with serve, or name the address of the JSON API that it prints with --coordinator.";
            throw new IOException($"The coordinator at {coordinator} is not reached: {error.GetBaseException().Message.TrimEnd('.')}.{hint}", error);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response) throw Refusal(response.StatusCode, await BodyAsync(response, cancellation));
    }

    private Exception Refusal(HttpStatusCode status, JsonObject? problem)
    {
        if ((string?)problem?["detail"] is not { } detail) return new IOException($"{coordinator} does not answer as a coordinator does: status {(int)status}.");
        var errors = (problem["errors"] as JsonArray ?? []).Select(error => $"\n  {error!["where"]}{(error["value"] is { } value ? $" = {value}" : "")}: {error["what"]}{(error["fix"] is { } fix ? $"; {fix}" : "")}");
        var message = problem["errors"] is JsonArray { Count: 1 } && !detail.Contains(" mistake", StringComparison.Ordinal) ? detail : detail + string.Concat(errors);
        return (int)status < 500 ? new UserErrorException(message) : new IOException(message);
    }

    private static async Task<JsonObject?> BodyAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellation)) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
