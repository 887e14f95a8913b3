package dev.greenroom;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.greenroom.architecture.HouseRules;
import java.util.stream.Stream;
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

    static Stream<String> rules() {
        return HouseRules.below(ROOT).keySet().stream();
    }
}
