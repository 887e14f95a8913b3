package dev.greenroom.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Describes one setting, at the record component that holds it.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {
    /// The environment variable; the flag is the same in lower case with hyphens. What has no variable has
    /// the name of its flag, for example `--watch`, or of its argument.
    String name();

    /// Where it may be given.
    Where where() default Where.ENVIRONMENT;

    /// Another flag than the one that follows from the name; empty for that one.
    String flag() default "";

    /// The value when none is given; empty for none, which only an `Optional` component may have.
    String fallback() default "";

    /// Another setting of the same command, a whole number, that this one's default never exceeds: where
    /// the other is lowered and this one not given, this one follows. Empty for none.
    String fallbackAtMost() default "";

    /// What it means, its unit and its bounds: one or two sentences.
    String meaning();

    /// A secret is masked wherever it is shown, and may be given as a file with `NAME_FILE`.
    boolean secret() default false;

    /// Where a setting may be given.
    enum Where {
        /// As a variable, or as a flag, which counts over it.
        ENVIRONMENT,
        /// As a flag only; a truth needs no value there.
        FLAG,
        /// As a word that is no flag.
        ARGUMENT
    }

    /// Another default than the one that [Setting] says, for one command; stands at the command's root
    /// record.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @Repeatable(DefaultOverride.All.class)
    public @interface DefaultOverride {
        /// The environment variable.
        String name();

        /// The value when none is given.
        String value();

        /// Several of them.
        @Retention(RetentionPolicy.RUNTIME)
        @Target(ElementType.TYPE)
        @interface All {
            DefaultOverride[] value();
        }
    }

    /// The heading under which the settings of a record are shown.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    public @interface SettingsSection {
        /// A few words, in `--help` and in the reference.
        String value();
    }
}
