-- SPDX-License-Identifier: PostgreSQL
-- Functions of version 0.1.0 that this version does not have, or whose arguments have other names, which CREATE OR REPLACE cannot change.

DROP FUNCTION clientele.all_but(text);
DROP FUNCTION clientele.ask_for_values(text,timestamp with time zone,bigint[]);
DROP FUNCTION clientele.ask_journey_rules(jsonb,timestamp with time zone,bigint[]);
DROP FUNCTION clientele.ask_rule(jsonb,timestamp with time zone,bigint[]);
DROP FUNCTION clientele.churn_reasons(clientele.journey,clientele.churn_model,timestamp with time zone,integer);
DROP FUNCTION clientele.churn_reasons(clientele.journey,text,timestamp with time zone,integer);
DROP FUNCTION clientele.churn_reasons(double precision[],clientele.churn_model,integer);
DROP FUNCTION clientele.churn_reasons(double precision[],text,integer);
DROP FUNCTION clientele.churn_reasons(jsonb,clientele.churn_model,integer);
DROP FUNCTION clientele.churn_reasons(jsonb,text,integer);
DROP FUNCTION clientele.contract_residual(clientele.contract_model,integer,double precision);
DROP FUNCTION clientele.contract_residual(text,integer,double precision);
DROP PROCEDURE clientele.create_store(text);
DROP FUNCTION clientele.define_tag(text,text,text,text,text,boolean,interval,text[],text);
DROP FUNCTION clientele.describe_tag_rule(text,text);
DROP FUNCTION clientele.hides_a_look_up(regprocedure);
DROP FUNCTION clientele.path_audience(text[],clientele.path_def);
DROP FUNCTION clientele.path_def(interval,text,text,boolean,boolean,integer,boolean,bigint,boolean);
DROP FUNCTION clientele.refresh_rules(bigint,timestamp with time zone,jsonb,clientele.audience);
DROP FUNCTION clientele.store_tag_answer(bigint,timestamp with time zone,text,text,text[],clientele.audience[],clientele.tag_scores,clientele.audience);
DROP FUNCTION clientele.tag_answer_of(text,text,text,text);
DROP FUNCTION clientele.tag_circle(text);
DROP FUNCTION clientele.tag_needs(text[],text);
DROP FUNCTION clientele.tag_rule_source(text,text,boolean,boolean,boolean);

ALTER TYPE clientele.path_link ADD ATTRIBUTE share double precision, ADD ATTRIBUTE source_share double precision;
