package dev.greenroom.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every rule is seen to fail: a guard that never barked guards nothing.
final class BrokenHouseTest {
    private static final String ROOT = "dev.greenroom.architecture.broken";
    private static final JavaClasses CLASSES = new ClassFileImporter().importPackages(ROOT);

    /// Rule, and those who break it.
    private static final Map<String, Set<String>> OFFENDERS = Map.ofEntries(
            Map.entry("session imports only the JDK", Set.of("session.SessionThatLogs")),
            Map.entry(
                    "proxy and worker do not know each other",
                    Set.of("proxy.ProxyThatKnowsWorkers", "worker.WorkerThatKnowsProxies")),
            Map.entry(
                    "Netty only where a channel is handed on",
                    Set.of("registry.RegistryOfAllSorts", "worker.pool.PoolWithChannels")),
            Map.entry("Lettuce only in registry.redis", Set.of("registry.RegistryOfAllSorts")),
            Map.entry("Micrometer only in ops.metrics", Set.of("cli.CommandThatMeasures")),
            Map.entry("OpenTelemetry only in ops.tracing", Set.of("cli.CommandThatTraces")),
            Map.entry("only the programs import ops", Set.of("cli.CommandThatMeasures")),
            Map.entry("only the programs import cli", Set.of("registry.RegistryOfAllSorts")),
            Map.entry(
                    "the parts of the proxy do not know each other",
                    Set.of("proxy.client.ClientThatQueues", "proxy.queue.QueueThatAuthorizes")),
            Map.entry("the root package holds Main alone", Set.of("RootHelper")),
            Map.entry("no type name twice", Set.of("ops.Metric", "registry.RegistryOfAllSorts$Metric")),
            Map.entry("at most two in five types are public", Set.of("ops.Metric")),
            Map.entry("what is public is used in another package", Set.of("session.SessionThatLogs")),
            Map.entry("no cycles between packages", Set.of("ring.left.Left", "ring.right.Right")),
            Map.entry("every package says what it is for", Set.of("ring.left")),
            Map.entry("nothing hides in threads", Set.of("ring.left.ThingImpl", "cli.CommandThatMeasures")));

    @ParameterizedTest
    @MethodSource("offenders")
    void a_broken_example_is_reported(String rule, String offender) {
        var result = HouseRules.evaluate(ROOT, rule, CLASSES);

        assertThat(result.getFailureReport().toString()).contains(ROOT + "." + offender);
    }

    @Test
    void what_is_allowed_is_not_reported() {
        var reports = HouseRules.below(ROOT).keySet().stream()
                .filter(rule -> !rule.equals("every package says what it is for"))
                .map(rule -> HouseRules.evaluate(ROOT, rule, CLASSES))
                .map(result -> result.getFailureReport().toString());

        assertThat(reports).noneMatch(report -> report.contains("ProxyThatConnects"));
    }

    @Test
    void every_rule_has_a_broken_example() {
        assertThat(HouseRules.below(ROOT).keySet()).containsExactlyInAnyOrderElementsOf(OFFENDERS.keySet());
    }

    static Stream<Arguments> offenders() {
        return OFFENDERS.entrySet().stream()
                .flatMap(rule -> rule.getValue().stream().map(offender -> Arguments.of(rule.getKey(), offender)));
    }
}
