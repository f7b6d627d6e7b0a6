using MedLedger.Consent.Chain;
using MedLedger.Consent.Chain.Contracts;
using MedLedger.Consent.Commitments;
using MedLedger.Consent.Evidence;
using MedLedger.Consent.Log;
using MedLedger.Crypto.Fields;
using MedLedger.Crypto.Log;
using MedLedger.Tests;

namespace MedLedger.Consent.Tests.Evidence;

/// <summary>The check against the chain, on the node that the program starts and with the contracts that it deploys.</summary>
public sealed class EvidenceChainTests(EvidenceFixture fixture) : IClassFixture<EvidenceFixture>
{
    [Fact]
    [Trait("threat", "forged evidence")]
    public async Task The_chain_confirms_what_was_published_and_nothing_else()
    {
        await using var chain = await LocalChain.StartAsync();
        var evidence = await PublishAsync(chain);
        var check = new EvidenceChain(chain.Client);
        async Task<EvidenceReport> Check(EvidenceFile file) =>
            await check.CheckAsync(
                fixture.Verifier.Verify(fixture.Sign(file), fixture.Trust with { Deployment = file.Deployment }),
                default
            );

        var good = await Check(evidence);
        Assert.Equal(("valid", ChainEvidence.Checked), (good.Verdict, good.Chain));
        Assert.Equal(EvidenceCheck.Chain, good.Passed[^1]);

        var statement = evidence.Statement;
        var elsewhere = EvidenceFixture.Address(5);
        // Everything else in these files is right: proofs, signatures, log. Only the chain says something else.
        EvidenceFile[] wrong =
        [
            fixture.Prove(With(statement with { RequestCommitment = Fr.One })),
            fixture.Prove(With(statement with { ConsentRoot = Fr.One })),
            fixture.Prove(evidence with { Custody = "patient" }),
            fixture.Prove(evidence),
            With(statement with { Appearances = new EvidenceAppearances(0, 0, 0, 1) }),
            With(statement with { Reservation = statement.Reservation with { Block = 1 } }),
            With(statement with { Publication = statement.Publication with { Time = statement.Publication.Time + 1 } }),
            With(statement with { Reservation = statement.Reservation with { Transaction = EvidenceFixture.Hash(1) } }),
            evidence with
            {
                Deployment = evidence.Deployment with { AuditAnchor = elsewhere },
            },
            evidence with
            {
                Deployment = evidence.Deployment with { AnalysisVerifier = elsewhere },
            },
            evidence with
            {
                Log = evidence.Log with
                {
                    Anchor = evidence.Log.Anchor! with { Checkpoint = evidence.Log.Checkpoint, Consistency = [] },
                },
            },
        ];
        foreach (var (file, i) in wrong.Select((file, i) => (file, i)))
        {
            var report = await Check(file);
            Assert.True(report.Failed == EvidenceCheck.Chain, $"{i}: {report.Verdict}");
        }

        EvidenceFile With(EvidenceStatement changed) => evidence with { Statement = changed };
    }

    private async Task<EvidenceFile> PublishAsync(LocalChain chain)
    {
        var deployment = await chain.DeployAsync();
        var ledger = new AnalysisLedger(chain.Client, deployment.AnalysisLedger);
        var models = new ModelRegistry(chain.Client, deployment.ModelRegistry);
        var consents = new ConsentRegistry(chain.Client, deployment.ConsentRegistry);
        Fr enrolRoot = Fr.From(12),
            recordRoot = Fr.From(13);
        await chain.Deployer.SendAsync(models.Propose(Fr.From(11)), default);
        await chain.Deployer.SendAsync(models.Enact(Fr.From(11)), default);
        await chain.Deployer.SendAsync(
            new EnrolmentRegistry(chain.Client, deployment.EnrolmentRegistry).Enrol(enrolRoot),
            default
        );
        await chain.Deployer.SendAsync(
            new RecordAnchor(chain.Client, deployment.RecordAnchor).Anchor(recordRoot, 4),
            default
        );
        await chain.Deployer.SendAsync(consents.Grant([Fr.From(14)]), default);

        Fr nullifier = Digest248.Random(),
            request = Digest248.Random();
        var asked = EvidenceFixture.Entry(AuditAction.AnalysisRequested, nullifier, AuditDecision.Permitted, time: 0);
        var first = await fixture.AppendAsync(asked);
        var reserved = await chain.Deployer.SendAsync(ledger.Reserve(nullifier, request), default);
        var evidence = fixture.Prove(
            fixture.File with
            {
                Deployment = deployment,
                Statement = fixture.File.Statement with
                {
                    Nullifier = nullifier,
                    RequestCommitment = request,
                    ConsentRoot = Fr.FromBigInteger(await consents.RootAsync(default)),
                    RecordRoot = recordRoot,
                    ModelRoot = Fr.FromBigInteger(await models.RootAsync(default)),
                    EnrolRoot = enrolRoot,
                    Appearances = new EvidenceAppearances(0, 0, 0, 0),
                    Reservation = Mined(reserved.Receipt.Hash, reserved.Receipt.Block, reserved.Block.Time),
                },
            }
        );
        while ((await chain.Client.HeadAsync(default)).Time <= reserved.Block.Time)
        {
            await Task.Delay(200);
            await chain.CallAsync("evm_mine");
        }

        var published = await chain.Deployer.SendAsync(
            ledger.Publish(
                nullifier,
                new LedgerStatement
                {
                    ConsentRoot = evidence.Statement.ConsentRoot,
                    RecordRoot = recordRoot,
                    ModelRoot = evidence.Statement.ModelRoot,
                    EnrolRoot = enrolRoot,
                    AsOf = reserved.Block.Time,
                    RequestCommitment = request,
                    RegistryId = deployment.RegistrySignal,
                    Custody = 0,
                },
                default,
                [.. evidence.Parts.Select(EvidenceVerifier.LedgerPartOf)]
            ),
            default
        );
        var publication = Mined(published.Receipt.Hash, published.Receipt.Block, published.Block.Time);
        var second = await fixture.AppendAsync(
            EvidenceFixture.Entry(AuditAction.AnalysisPublished, nullifier, root: publication.Transaction)
        );
        var log = await fixture.LogAsync([first.Index, second.Index]);
        await fixture.AppendAsync(EvidenceFixture.Entry(AuditAction.Read, Fr.Zero));
        var head = await fixture.LogAsync([second.Index]);
        Assert.True(Checkpoint.TryVerify(log.Checkpoint, fixture.Log.Key, out var before));
        Assert.True(Checkpoint.TryVerify(head.Checkpoint, fixture.Log.Key, out var after));
        var anchor = new AuditAnchor(chain.Client, deployment.AuditAnchor);
        var anchored = await chain.Deployer.SendAsync(
            anchor.Anchor(new Bytes32(after.Root), (ulong)after.Size),
            default
        );
        return evidence with
        {
            Statement = evidence.Statement with { Publication = publication },
            Enrolment = evidence.Enrolment with
            {
                Note = fixture.Note(enrolRoot, deployment.ChainId, deployment.EnrolmentRegistry),
            },
            Log = log with
            {
                Anchor = new EvidenceAnchor(
                    head.Checkpoint,
                    await fixture.Log.ConsistencyAsync(before.Size, after.Size, default),
                    Mined(anchored.Receipt.Hash, anchored.Receipt.Block, anchored.Block.Time)
                ),
            },
        };
    }

    private static EvidenceTransaction Mined(Bytes32 hash, ulong block, ulong time) =>
        new(hash, (long)block, (long)time);
}
