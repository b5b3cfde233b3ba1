-- SPDX-License-Identifier: PostgreSQL
CALL clientele.load_events('demo.events', channel => 'channel', item => 'item', amount => 'amount',
                           properties => 'properties', progress => true);
