namespace MedLedger.Api.Http;

/// <summary>
/// Around every route: what none of them caught becomes an answer from the table, and for the operator a line with the kind of
/// failure alone, since what failed may name what must not be told.
/// </summary>
internal sealed class Failures(RequestDelegate next, ILogger<Failures> log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client went away.
        }
        catch (Exception failure)
        {
            var outcome = OutcomeOf(failure);
            if (outcome.Status >= StatusCodes.Status500InternalServerError)
                log.LogError("A request failed: {Kind}", failure.GetType().FullName);
            if (context.Response.HasStarted)
            {
                context.Abort();
                return;
            }
            context.Response.ContentLength = null;
            await outcome.ToResult().ExecuteAsync(context);
        }
    }

    private static Outcome OutcomeOf(Exception failure) =>
        failure switch
        {
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => Outcomes.Table.TooLarge,
            BadHttpRequestException { StatusCode: var status } => Outcomes.Table.Unreadable(status),
            _ => Outcomes.Table.Failure,
        };
}
