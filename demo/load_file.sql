-- SPDX-License-Identifier: PostgreSQL
CALL clientele.load_events('demo.usable', channel => 'channel', item => 'item', amount => 'amount',
                           progress => true);
