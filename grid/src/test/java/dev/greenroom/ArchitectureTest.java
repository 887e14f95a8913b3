package dev.greenroom;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.greenroom.architecture.HouseRules;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ArchitectureTest {
    private static final String ROOT = "dev.greenroom";
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages(ROOT);

    @ParameterizedTest
    @MethodSource("rules")
    void the_house_keeps_its_rule(String name) {
        var result = HouseRules.evaluate(ROOT, name, CLASSES);

        assertThat(result.getFailureReport().getDetails()).as(name).isEmpty();
    }

    /// What a reader takes in at once.
    @Test
    void no_package_has_more_than_20_files() {
        var files = CLASSES.stream()
                .filter(type -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
                .collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));

        assertThat(files).allSatisfy((name, count) -> assertThat(count).as(name).isBetween(1L, 20L));
    }

    static Stream<String> rules() {
        return HouseRules.below(ROOT).keySet().stream();
    }
}
