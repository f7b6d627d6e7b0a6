using System.Text.Json;
using System.Text.Json.Nodes;
using MedLedger.Api.Jobs;
using MedLedger.Api.Records;

namespace MedLedger.Api.Http.Rest;

/// <summary>An analysis as a FHIR R4 Task: made of the job when it is read, not stored.</summary>
internal static class AnalysisTask
{
    /// <summary>The id of a job's Task.</summary>
    public static string IdOf(string job) => AnalysisReport.Prefix + job;

    /// <summary>The resource.</summary>
    /// <param name="row">The job.</param>
    /// <param name="content">What it keeps.</param>
    /// <param name="patient"><c>Patient/id</c>.</param>
    /// <param name="now">When it is read.</param>
    public static byte[] Write(AnalysisRow row, AnalysisContent content, string patient, DateTimeOffset now)
    {
        var task = new JsonObject
        {
            ["resourceType"] = "Task",
            ["id"] = IdOf(row.Id),
            ["meta"] = new JsonObject { ["lastUpdated"] = ReadableRecord.Instant(now) },
            ["status"] = StatusOf(row.State),
        };
        // Why it ended, in one word without content.
        if (row.Why is { } why)
            task["statusReason"] = new JsonObject { ["text"] = why };
        task["businessStatus"] = new JsonObject { ["text"] = row.State.ToString() };
        task["intent"] = "order";
        task["code"] = new JsonObject { ["text"] = "Clinical language analysis" };
        task["for"] = new JsonObject { ["reference"] = patient };
        task["authoredOn"] = Requests.Moment(DateTimeOffset.FromUnixTimeSeconds(row.Created));
        task["requester"] = new JsonObject { ["reference"] = content.Actors[0] };
        if (row.State == AnalysisState.Delivered && content.Report is { } report)
            task["output"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = new JsonObject { ["text"] = "report" },
                    ["valueReference"] = new JsonObject { ["reference"] = report },
                }
            );
        return JsonSerializer.SerializeToUtf8Bytes(task);
    }

    private static string StatusOf(AnalysisState state) =>
        state switch
        {
            AnalysisState.Accepted => "accepted",
            AnalysisState.Denied => "rejected",
            AnalysisState.Delivered => "completed",
            AnalysisState.Aborted => "failed",
            _ => "in-progress",
        };
}
