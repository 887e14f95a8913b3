package dev.greenroom.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.EvaluationResult;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.NullMarked;
import org.slf4j.MDC;

/// The rules on who may know whom. Each holds for any root package, so that broken examples can be held to it too.
public final class HouseRules {
    /// The stages of a session at the proxy, in the order in which bytes travel.
    private static final List<String> STAGES = List.of("client", "admission", "selection", "backend", "ending");

    private HouseRules() {}

    /// Every rule by its name, for the packages below a root.
    public static Map<String, ArchRule> below(String root) {
        var rules = new LinkedHashMap<String, ArchRule>();
        rules.put("session imports only the JDK", sessionImportsOnlyTheJdk(root));
        rules.put("proxy and worker do not know each other", proxyAndWorkerAreStrangers(root));
        rules.put("Netty only where a channel is handed on", nettyStaysAtTheWire(root));
        rules.put("Lettuce only in registry.redis", lettuceStaysInItsPackage(root));
        rules.put("Micrometer only in ops.metrics", micrometerStaysInItsPackage(root));
        rules.put("OpenTelemetry only in ops.tracing", openTelemetryStaysInItsPackage(root));
        rules.put("nobody but the root package imports ops", onlyForTheRoot(root, "ops"));
        rules.put("nobody but the root package imports cli", onlyForTheRoot(root, "cli"));
        rules.put("a stage never imports the stage to its right", stagesLookLeft(root));
        rules.put("no cycles between packages", packagesFormNoCycles(root));
        rules.put("every package says what it is for", packagesAreDescribed());
        rules.put("nothing hides in threads", nothingHidesInThreads());
        return rules;
    }

    /// Whether a rule holds; rules for packages that do not exist yet hold.
    public static EvaluationResult evaluate(String root, String name, JavaClasses classes) {
        var rule = Optional.ofNullable(below(root).get(name)).orElseThrow();
        return rule.as(name).allowEmptyShould(true).evaluate(classes);
    }

    private static ArchRule sessionImportsOnlyTheJdk(String root) {
        return classes()
                .that()
                .resideInAPackage(root + ".session..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("java..", "org.jspecify..", root + ".session..");
    }

    private static ArchRule proxyAndWorkerAreStrangers(String root) {
        return CompositeArchRule.of(neverImports(root + ".proxy..", root + ".worker.."))
                .and(neverImports(root + ".worker..", root + ".proxy.."));
    }

    /// The wiring makes event loops and hands them on.
    private static ArchRule nettyStaysAtTheWire(String root) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(
                        root,
                        root + ".wire..",
                        root + ".proxy..",
                        root + ".registry.redis..",
                        root + ".worker",
                        root + ".worker.gateway..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.netty..");
    }

    private static ArchRule lettuceStaysInItsPackage(String root) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(root + ".registry.redis..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.lettuce..");
    }

    private static ArchRule micrometerStaysInItsPackage(String root) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(root + ".ops.metrics..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.micrometer..", "io.prometheus..");
    }

    private static ArchRule openTelemetryStaysInItsPackage(String root) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(root + ".ops.tracing..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.opentelemetry..");
    }

    private static ArchRule onlyForTheRoot(String root, String name) {
        var concerned = root + "." + name + "..";
        return noClasses()
                .that()
                .resideOutsideOfPackages(root, concerned)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(concerned);
    }

    private static ArchRule stagesLookLeft(String root) {
        var rules = new ArrayList<ArchRule>();
        for (var left = 0; left < STAGES.size(); left++) {
            for (var right = left + 1; right < STAGES.size(); right++) {
                rules.add(neverImports(
                        root + ".proxy." + STAGES.get(left) + "..", root + ".proxy." + STAGES.get(right) + ".."));
            }
        }
        return CompositeArchRule.of(rules);
    }

    private static ArchRule packagesFormNoCycles(String root) {
        return slices().matching(root + ".(**)").should().beFreeOfCycles();
    }

    private static ArchRule packagesAreDescribed() {
        return classes().should(new PackageCondition());
    }

    private static ArchRule nothingHidesInThreads() {
        return noClasses()
                .should()
                .dependOnClassesThat()
                .areAssignableTo(ThreadLocal.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(FastThreadLocal.class)
                .orShould()
                .dependOnClassesThat()
                .areAssignableTo(MDC.class);
    }

    private static ArchRule neverImports(String from, String to) {
        return noClasses()
                .that()
                .resideInAPackage(from)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(to)
                .allowEmptyShould(true);
    }

    private static final class PackageCondition extends ArchCondition<JavaClass> {
        PackageCondition() {
            super("have a package-info with @NullMarked");
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            var described = type.getPackage()
                    .tryGetPackageInfo()
                    .map(info -> info.isAnnotatedWith(NullMarked.class))
                    .orElse(false);
            events.add(new SimpleConditionEvent(
                    type, described, type.getPackageName() + " lacks a package-info with @NullMarked"));
        }
    }
}
