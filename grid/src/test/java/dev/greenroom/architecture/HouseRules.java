package dev.greenroom.architecture;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.EvaluationResult;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.NullMarked;
import org.slf4j.MDC;

/// The rules on who may know whom. Each holds for any root package, so that broken examples can be held to
/// it too.
public final class HouseRules {
    /// The parts of the proxy that only the proxy's own package puts together.
    private static final List<String> PROXY_PARTS = List.of("access", "client", "queue");

    /// How many of a hundred top-level types may be public.
    private static final int MOST_PUBLIC = 40;

    private HouseRules() {}

    /// Every rule by its name, for the packages below a root.
    public static Map<String, ArchRule> below(String root) {
        var rules = new LinkedHashMap<String, ArchRule>();
        rules.put("session imports only the JDK", sessionImportsOnlyTheJdk(root));
        rules.put("proxy and worker do not know each other", proxyAndWorkerAreStrangers(root));
        rules.put("Netty only where a channel is handed on", nettyStaysInTheNetwork(root));
        rules.put("Lettuce only in registry.redis", lettuceStaysInItsPackage(root));
        rules.put("Micrometer only in ops.metrics", micrometerStaysInItsPackage(root));
        rules.put("OpenTelemetry only in ops.tracing", openTelemetryStaysInItsPackage(root));
        rules.put("only the programs import ops", onlyForPrograms(root, "ops"));
        rules.put("only the programs import cli", onlyForPrograms(root, "cli"));
        rules.put("the parts of the proxy do not know each other", proxyPartsAreStrangers(root));
        rules.put("the root package holds Main alone", rootHoldsMainAlone(root));
        rules.put("no type name twice", typeNamesAreUnique());
        rules.put("at most two in five types are public", fewTypesArePublic());
        rules.put("what is public is used in another package", publicTypesAreUsedElsewhere(root));
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

    private static ArchRule nettyStaysInTheNetwork(String root) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(
                        root + ".app",
                        root + ".net..",
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

    private static ArchRule onlyForPrograms(String root, String name) {
        var concerned = root + "." + name + "..";
        return noClasses()
                .that()
                .resideOutsideOfPackages(root, root + ".app", concerned)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(concerned);
    }

    private static ArchRule proxyPartsAreStrangers(String root) {
        var rules = new ArrayList<ArchRule>();
        for (var from : PROXY_PARTS) {
            for (var to : PROXY_PARTS) {
                if (!from.equals(to)) {
                    rules.add(neverImports(root + ".proxy." + from + "..", root + ".proxy." + to + ".."));
                }
            }
        }
        return CompositeArchRule.of(rules);
    }

    private static ArchRule rootHoldsMainAlone(String root) {
        return classes().that().resideInAPackage(root).should().haveNameMatching(".*\\.(Main|package-info)(\\$.*)?");
    }

    /// Outcomes that are nested in the interface that they implement may be called alike.
    private static ArchRule typeNamesAreUnique() {
        return classes().should(new UniqueNameCondition());
    }

    private static ArchRule fewTypesArePublic() {
        return classes().should(new PublicShareCondition());
    }

    private static ArchRule publicTypesAreUsedElsewhere(String root) {
        return classes().should(new UsedElsewhereCondition(root + ".Main"));
    }

    private static boolean isPublicAtTheTop(JavaClass type) {
        return type.isTopLevelClass() && type.getModifiers().contains(JavaModifier.PUBLIC);
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

    private static final class UniqueNameCondition extends ArchCondition<JavaClass> {
        private Map<String, List<JavaClass>> byName = Map.of();

        UniqueNameCondition() {
            super("have a name that no other type has");
        }

        @Override
        public void init(Collection<JavaClass> all) {
            byName = all.stream()
                    .filter(UniqueNameCondition::isNamed)
                    .collect(Collectors.groupingBy(JavaClass::getSimpleName));
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            var namesakes = byName.getOrDefault(type.getSimpleName(), List.of());
            var unique = !isNamed(type)
                    || namesakes.size() == 1
                    || namesakes.stream().allMatch(UniqueNameCondition::isOutcome);
            events.add(new SimpleConditionEvent(
                    type, unique, type.getName() + " is not the only " + type.getSimpleName()));
        }

        private static boolean isNamed(JavaClass type) {
            return !type.isAnonymousClass()
                    && !type.isLocalClass()
                    && !type.getSimpleName().equals("package-info");
        }

        private static boolean isOutcome(JavaClass type) {
            return type.getEnclosingClass()
                    .filter(enclosing -> enclosing.isInterface() && type.isAssignableTo(enclosing.getName()))
                    .isPresent();
        }
    }

    private static final class PublicShareCondition extends ArchCondition<JavaClass> {
        private boolean tooMany;

        PublicShareCondition() {
            super("have few public types among them");
        }

        @Override
        public void init(Collection<JavaClass> all) {
            var types = all.stream()
                    .filter(type ->
                            type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                    .toList();
            var open = types.stream().filter(HouseRules::isPublicAtTheTop).count();
            tooMany = open * 100 > (long) types.size() * MOST_PUBLIC;
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            events.add(new SimpleConditionEvent(
                    type,
                    !tooMany || !isPublicAtTheTop(type),
                    type.getName() + " is public, and so are over " + MOST_PUBLIC + " % of all types"));
        }
    }

    private static final class UsedElsewhereCondition extends ArchCondition<JavaClass> {
        /// Top-level types, by the packages that use them or what is nested in them.
        private Map<String, Set<String>> users = Map.of();

        private final String entryPoint;

        UsedElsewhereCondition(String entryPoint) {
            super("be used in another package");
            this.entryPoint = entryPoint;
        }

        @Override
        public void init(Collection<JavaClass> all) {
            users = all.stream()
                    .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                    .collect(Collectors.groupingBy(
                            used -> used.getTargetClass().getName().replaceAll("\\$.*", ""),
                            Collectors.mapping(used -> used.getOriginClass().getPackageName(), Collectors.toSet())));
        }

        @Override
        public void check(JavaClass type, ConditionEvents events) {
            var used = !isPublicAtTheTop(type)
                    || type.getName().equals(entryPoint)
                    || users.getOrDefault(type.getName(), Set.of()).stream()
                            .anyMatch(user -> !user.equals(type.getPackageName()));
            events.add(
                    new SimpleConditionEvent(type, used, type.getName() + " is public, but no other package uses it"));
        }
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
