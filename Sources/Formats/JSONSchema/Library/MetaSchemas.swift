/// The metaschemas that schemas name most, so that no network is needed for them: what JSON Schema 2020-12 and OpenAPI 3.1 say of
/// their own keywords.
enum MetaSchemas {
    /// The text of a metaschema, or nil.
    static func text(_ uri: String) -> String? {
        if uri.hasPrefix(draft) { return draft2020[String(uri.dropFirst(draft.count))] }
        return uri.hasPrefix(openAPI) ? openAPI31[String(uri.dropFirst(openAPI.count))] : nil
    }

    private static let draft = "https://json-schema.org/draft/2020-12/"
    private static let openAPI = "https://spec.openapis.org/oas/3.1/"

    /// A metaschema of one vocabulary.
    private static func part(_ name: String, _ rules: String) -> String {
        """
        {"$schema":"\(draft)schema","$id":"\(draft)meta/\(name)","$vocabulary":{"\(draft)vocab/\(name)":true},
        "$dynamicAnchor":"meta","type":["object","boolean"],\(rules)}
        """
    }

    private static let schema = ##"{"$dynamicRef":"#meta"}"##
    private static let schemas = ##"{"type":"object","additionalProperties":{"$dynamicRef":"#meta"}}"##
    private static let schemaList = ##"{"$ref":"#/$defs/schemaArray"}"##
    private static let listDefinition =
        ##""schemaArray":{"type":"array","minItems":1,"items":{"$dynamicRef":"#meta"}}"##
    private static let text = #"{"type":"string"}"#
    private static let flag = #"{"type":"boolean"}"#
    private static let count = ##"{"$ref":"#/$defs/nonNegativeInteger"}"##
    private static let number = #"{"type":"number"}"#

    private static func properties(_ rules: KeyValuePairs<String, String>) -> String {
        "\"properties\":{" + rules.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    private static let draft2020: [String: String] = [
        "schema": """
        {"$schema":"\(draft)schema","$id":"\(draft)schema","$dynamicAnchor":"meta","type":["object","boolean"],
        "$vocabulary":{\(["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"]
            .map { "\"\(draft)vocab/\($0)\":true" }.joined(separator: ","))},
        "allOf":[\(["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"]
            .map { "{\"$ref\":\"meta/\($0)\"}" }.joined(separator: ","))],
        \(properties([
            "definitions": schemas,
            "dependencies": """
                {"type":"object","additionalProperties":{"anyOf":[\(schema),{"$ref":"meta/validation#/$defs/stringArray"}]}}
                """,
            "$recursiveAnchor": #"{"$ref":"meta/core#/$defs/anchorString"}"#,
            "$recursiveRef": #"{"$ref":"meta/core#/$defs/uriReferenceString"}"#,
        ]))}
        """,
        "meta/core": part(
            "core",
            properties([
                "$id": ##"{"$ref":"#/$defs/uriReferenceString","pattern":"^[^#]*#?$"}"##,
                "$schema": ##"{"$ref":"#/$defs/uriString"}"##,
                "$ref": ##"{"$ref":"#/$defs/uriReferenceString"}"##,
                "$dynamicRef": ##"{"$ref":"#/$defs/uriReferenceString"}"##,
                "$anchor": ##"{"$ref":"#/$defs/anchorString"}"##,
                "$dynamicAnchor": ##"{"$ref":"#/$defs/anchorString"}"##,
                "$vocabulary":
                    ##"{"type":"object","propertyNames":{"$ref":"#/$defs/uriString"},"additionalProperties":{"type":"boolean"}}"##,
                "$comment": text, "$defs": schemas,
            ])
                + #","$defs":{"anchorString":{"type":"string","pattern":"^[A-Za-z_][-A-Za-z0-9._]*$"},"#
                + #""uriString":{"type":"string","format":"uri"},"uriReferenceString":{"type":"string","format":"uri-reference"}}"#
        ),
        "meta/applicator": part(
            "applicator",
            properties([
                "prefixItems": schemaList, "items": schema, "contains": schema, "additionalProperties": schema,
                "properties": schemas,
                "patternProperties":
                    ##"{"type":"object","additionalProperties":{"$dynamicRef":"#meta"},"propertyNames":{"format":"regex"}}"##,
                "dependentSchemas": schemas, "propertyNames": schema, "if": schema, "then": schema, "else": schema,
                "allOf": schemaList, "anyOf": schemaList, "oneOf": schemaList, "not": schema,
            ]) + ",\"$defs\":{\(listDefinition)}"),
        "meta/unevaluated": part(
            "unevaluated", properties(["unevaluatedItems": schema, "unevaluatedProperties": schema])),
        "meta/validation": part(
            "validation",
            properties([
                "type": """
                {"anyOf":[{"$ref":"#/$defs/simpleTypes"},
                {"type":"array","items":{"$ref":"#/$defs/simpleTypes"},"minItems":1,"uniqueItems":true}]}
                """,
                "const": "true", "enum": #"{"type":"array","items":true}"#,
                "multipleOf": #"{"type":"number","exclusiveMinimum":0}"#,
                "maximum": number, "exclusiveMaximum": number, "minimum": number, "exclusiveMinimum": number,
                "maxLength": count, "minLength": count, "pattern": #"{"type":"string","format":"regex"}"#,
                "maxItems": count, "minItems": count, "uniqueItems": flag, "maxContains": count, "minContains": count,
                "maxProperties": count, "minProperties": count, "required": ##"{"$ref":"#/$defs/stringArray"}"##,
                "dependentRequired": ##"{"type":"object","additionalProperties":{"$ref":"#/$defs/stringArray"}}"##,
            ])
                + #","$defs":{"nonNegativeInteger":{"type":"integer","minimum":0},"#
                + #""simpleTypes":{"enum":["array","boolean","integer","null","number","object","string"]},"#
                + #""stringArray":{"type":"array","items":{"type":"string"},"uniqueItems":true}}"#),
        "meta/meta-data": part(
            "meta-data",
            properties([
                "title": text, "description": text, "default": "true", "deprecated": flag, "readOnly": flag, "writeOnly": flag,
                "examples": #"{"type":"array","items":true}"#,
            ])),
        "meta/format-annotation": part("format-annotation", properties(["format": text])),
        "meta/format-assertion": part("format-assertion", properties(["format": text])),
        "meta/content": part(
            "content", properties(["contentEncoding": text, "contentMediaType": text, "contentSchema": schema])),
    ]

    private static let openAPI31: [String: String] = [
        "dialect/base": """
        {"$schema":"\(draft)schema","$id":"\(openAPI)dialect/base","$dynamicAnchor":"meta",
        "$vocabulary":{\(["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"]
            .map { "\"\(draft)vocab/\($0)\":true" }.joined(separator: ",")),"\(openAPI)vocab/base":false},
        "allOf":[{"$ref":"\(draft)schema"},{"$ref":"\(openAPI)meta/base"}]}
        """,
        "meta/base": """
        {"$schema":"\(draft)schema","$id":"\(openAPI)meta/base","$dynamicAnchor":"meta","type":["object","boolean"],
        "$vocabulary":{"\(openAPI)vocab/base":true},\(properties([
            "example": "true", "discriminator": ##"{"$ref":"#/$defs/discriminator"}"##,
            "externalDocs": ##"{"$ref":"#/$defs/external-docs"}"##, "xml": ##"{"$ref":"#/$defs/xml"}"##,
        ])),
        "$defs":{"extensible":{"patternProperties":{"^x-":true}},
        "discriminator":{"$ref":"#/$defs/extensible","type":"object","required":["propertyName"],
        "properties":{"propertyName":\(text),"mapping":{"type":"object","additionalProperties":\(text)}},
        "unevaluatedProperties":false},
        "external-docs":{"$ref":"#/$defs/extensible","type":"object","required":["url"],
        "properties":{"url":{"type":"string","format":"uri-reference"},"description":\(text)},"unevaluatedProperties":false},
        "xml":{"$ref":"#/$defs/extensible","type":"object","properties":{"name":\(text),
        "namespace":{"type":"string","format":"uri"},"prefix":\(text),"attribute":\(flag),"wrapped":\(flag)},
        "unevaluatedProperties":false}}}
        """,
    ]
}
